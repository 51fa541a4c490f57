import { ChatError } from '../domain/errors';
import type { Message } from '../domain/message';
import type { Logger } from '../utils/logger';
import {
  type ChatStore,
  mapOperations,
  type Operation,
  type PlainOperations,
  type StoredExchange,
} from './chatStore';

/** Records the operations of a store. Its methods are synchronous and must not throw. */
export interface StoreMeter {
  /** An operation has ended, successfully or not. */
  called(operation: Operation, seconds: number): void;
  /** An operation has failed because of the database: `UNAVAILABLE` or `INTERNAL`. */
  failed(error: ChatError): void;
  messageStored(sender: Message['sender']): void;
  /** A message was sent again that had been stored before. */
  duplicateFound(): void;
  /** The first reply to the user message with this id was stored. */
  replied(messageId: string): void;
}

/** Wraps a store so that its operations are measured and its failures are logged. */
export function instrumentedStore(store: ChatStore, meter: StoreMeter, logger: Logger): ChatStore {
  const failureLog = new FailureLog(logger);
  const observe = <T>(operation: Operation, call: () => Promise<T>): Promise<T> => {
    const startedAt = performance.now();
    const end = () => meter.called(operation, (performance.now() - startedAt) / 1000);
    // Without `async`, which would make further promises for each message.
    return call().then(
      (result) => {
        end();
        return result;
      },
      (error) => {
        end();
        if (isDatabaseFailure(error)) {
          meter.failed(error);
          failureLog.failed(error);
        }
        throw error;
      },
    );
  };
  const operations: PlainOperations = store;
  return {
    ...mapOperations((operation, args) => observe(operation, () => operations[operation](...args))),
    appendExchange: (exchange, onStored) =>
      observe('appendExchange', () =>
        store.appendExchange(exchange, (stored, session, sessionKey) => {
          recordExchange(stored, meter);
          onStored?.(stored, session, sessionKey);
        }),
      ),
    appendReply: (reply, onStored) =>
      observe('appendReply', () =>
        store.appendReply(reply, (stored, session, sessionKey) => {
          recordReply(stored, meter);
          onStored?.(stored, session, sessionKey);
        }),
      ),
    close: () => store.close(),
    ...(store.fleet && { fleet: store.fleet }),
  };
}

function recordExchange({ reply, duplicate }: StoredExchange, meter: StoreMeter): void {
  if (duplicate) {
    meter.duplicateFound();
    return;
  }
  meter.messageStored('user');
  if (reply) recordReply(reply, meter);
}

function recordReply({ replyTo, variant }: Message, meter: StoreMeter): void {
  meter.messageStored('server');
  // A variant was asked for later than the message was received.
  if (replyTo !== undefined && variant === undefined) meter.replied(replyTo);
}

function isDatabaseFailure(error: unknown): error is ChatError {
  return error instanceof ChatError && (error.code === 'UNAVAILABLE' || error.code === 'INTERNAL');
}

const LOG_INTERVAL_MS = 10_000;

/** Logs failures of the database: the first one immediately, then at most one entry in 10 s with the number of failures. */
export class FailureLog {
  private failures = 0;
  private silentUntil = 0;

  constructor(private readonly logger: Logger) {}

  failed({ code, cause }: ChatError): void {
    this.failures += 1;
    const now = performance.now();
    if (now < this.silentUntil) return;
    this.silentUntil = now + LOG_INTERVAL_MS;
    this.logger.error({ code, err: cause, failures: this.failures }, 'database call failed');
    this.failures = 0;
  }
}
