import type { ChatServer } from './chatServer';

/**
 * What Socket.IO may remember for recoveries, in characters of message contents and the like: some 200 short messages. Each
 * that it keeps survives several garbage collections: with eight times as many, these pauses double the p99 of a busy server.
 */
const MAX_CHARACTERS = 128 * 1024;
/** What an event takes besides the content of its message. */
const EVENT_CHARACTERS = 500;

/**
 * Bounds the events that Socket.IO keeps for the recovery of lost connections: by itself it keeps all of the last 30 to 90 s,
 * however many. A client whose events are forgotten isn't recovered, and reads them with `join-session {after}`.
 */
export class RecoveryLog {
  private characters = 0;

  constructor(private readonly adapter: ChatServer['sockets']['adapter']) {}

  /** Notes that an event was sent, and forgets the older half of all if they have become too many. */
  added(event: unknown): void {
    this.characters += charactersOf(event);
    if (this.characters <= MAX_CHARACTERS) return;
    const events = this.events();
    // Socket.IO forgets old ones by itself, too.
    this.characters = total(events);
    if (this.characters <= MAX_CHARACTERS) return;
    events.splice(0, Math.ceil(events.length / 2));
    this.characters = total(events);
  }

  private events(): { data?: unknown }[] {
    const packets: unknown = Reflect.get(this.adapter, 'packets');
    return Array.isArray(packets) ? packets : [];
  }
}

function total(events: readonly { data?: unknown }[]): number {
  return events.reduce((sum, { data }) => sum + charactersOf(data), 0);
}

/** `event` is the name and the argument of an `emit`. */
function charactersOf(event: unknown): number {
  const argument: unknown = Array.isArray(event) ? event[1] : undefined;
  const hasContent = typeof argument === 'object' && argument !== null && 'content' in argument;
  return (
    EVENT_CHARACTERS + (hasContent && typeof argument.content === 'string' ? argument.content.length : 0)
  );
}
