import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Delivery } from './packets';

/** What happens to a delivery: it passes, comes twice, is lost with its connection, or waits for the promise while others pass it. */
export type Treatment = 'pass' | 'twice' | 'cut' | Promise<void>;

/** A fault of the network between clients and server. */
export interface NetworkFault {
  /** The user whose traffic is meant; null for everyone's. */
  readonly userId: string | null;
  readonly isCut?: boolean;
  /** Whatever passes now must wait for this promise, in its order. */
  hold?(): Promise<void>;
  onDelivery?(delivery: Delivery): Treatment;
}

/** What the connections through the relay ask it. */
export interface TrafficRules {
  /** Waits as long as the faults of this user say; undefined if there is nothing to wait for. */
  hold(userId: string | null): Promise<unknown> | undefined;
  treat(delivery: Delivery | null, userId: string | null): Treatment;
  /** Notes whose connection it is. Returns false, and closes it, if that user's link is cut. */
  admit(socket: Duplex, userId: string | null): boolean;
}

/** Runs steps in their order, each as soon as the faults of its time permit. */
export class OrderedPipe {
  private waiting = 0;
  private tail: Promise<unknown> = Promise.resolve();

  constructor(private readonly hold: () => Promise<unknown> | undefined) {}

  push(step: () => void): void {
    const held = this.hold();
    if (!held && this.waiting === 0) {
      step();
      return;
    }
    this.waiting += 1;
    this.tail = Promise.all([this.tail, held]).then(() => {
      this.waiting -= 1;
      step();
    });
  }
}

const HOP_HEADERS = /^(connection|keep-alive)$/i;

/** The server and the client each have a connection of their own with the relay. `headers` has names and values in turn. */
export function withoutHopHeaders(headers: readonly string[], others = /^$/): string[] {
  return headers.filter((_, index) => {
    const name = headers[index - (index % 2)] ?? '';
    return !HOP_HEADERS.test(name) && !others.test(name);
  });
}

export async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}
