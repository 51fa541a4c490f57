import type { ErrorCode } from '../domain/errors';
import { Counter, LabelledCounter } from './counter';
import type { Metric } from './metric';
import type { RefusalMetrics } from './refusalMetrics';

/** The sockets that come and go. */
export class SocketMetrics {
  private readonly comings = new Counter('chat_sockets_connected_total', 'Sockets that were let in.');
  private readonly goings = new LabelledCounter(
    'chat_sockets_disconnected_total',
    'Sockets that have left, by the reason that Socket.IO gives.',
    ['reason'],
  );
  private readonly slowReaders = new Counter(
    'chat_slow_readers_total',
    'Connections that were dropped because their client did not read what it was sent.',
  );
  readonly all: readonly Metric[] = [this.comings, this.goings, this.slowReaders];

  constructor(private readonly refusals: RefusalMetrics) {}

  connected(): void {
    this.comings.add();
  }

  disconnected(reason: string): void {
    this.goings.add({ reason });
  }

  refused(via: 'handshake' | 'event', code: ErrorCode): void {
    this.refusals.refused(via, code);
  }

  slowReaderDropped(): void {
    this.slowReaders.add();
  }
}
