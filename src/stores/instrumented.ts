import { ChatError } from '../domain/errors';
import type { Message } from '../domain/message';
import type { ChatStore, NewExchange, NewReply, OnLate, StoredExchange } from './chatStore';
import type { FailureLog } from './failureLog';

/** Is told what a store does. It does its work at once and throws nothing. */
export interface StoreMeter {
  /** A call has ended, well or not. */
  called(call: string, seconds: number): void;
  /** A call has failed because of the database: `UNAVAILABLE` or `INTERNAL`. */
  failed(error: ChatError): void;
  messageStored(sender: Message['sender']): void;
  /** A message was sent again that had been stored before. */
  duplicateFound(): void;
  /** A user message has its reply on disk, so long after it was taken. */
  replied(seconds: number): void;
}

type Call = Exclude<keyof ChatStore, 'close'>;
type Arguments = { [K in Call]: Parameters<ChatStore[K]> };
type Results = { [K in Call]: Awaited<ReturnType<ChatStore[K]>> };
type Calls = { [K in Call]: (...args: Arguments[K]) => Promise<Results[K]> };

/**
 * The store, with a meter and a log that are told what it does. Both ways to append have as many steps here, so that what the
 * store resolves in the order of `seq` arrives in that order.
 */
export function measuredStore(
  store: ChatStore,
  meter: StoreMeter,
  log: Pick<FailureLog, 'failed'>,
): ChatStore {
  const calls: Calls = store;
  const watched = async <T>(
    call: Call,
    result: Promise<T>,
    note: (answer: T) => void = () => {},
  ): Promise<T> => {
    const begun = performance.now();
    try {
      const answer = await result;
      note(answer);
      return answer;
    } catch (error) {
      if (isOfDatabase(error)) {
        meter.failed(error);
        log.failed(error);
      }
      throw error;
    } finally {
      meter.called(call, (performance.now() - begun) / 1000);
    }
  };
  const measured =
    <K extends Call>(call: K) =>
    (...args: Arguments[K]): Promise<Results[K]> =>
      watched(call, calls[call](...args));
  return {
    close: () => store.close(),
    ping: measured('ping'),
    createUser: measured('createUser'),
    findUser: measured('findUser'),
    findUserByEmail: measured('findUserByEmail'),
    updateUser: measured('updateUser'),
    deleteUser: measured('deleteUser'),
    createLogin: measured('createLogin'),
    findLogin: measured('findLogin'),
    listLogins: measured('listLogins'),
    rotateLogin: measured('rotateLogin'),
    deleteLogin: measured('deleteLogin'),
    deleteLogins: measured('deleteLogins'),
    deleteExpiredLogins: measured('deleteExpiredLogins'),
    findEndedLogins: measured('findEndedLogins'),
    listSessions: measured('listSessions'),
    findSession: measured('findSession'),
    openSession: measured('openSession'),
    renameSession: measured('renameSession'),
    deleteSession: measured('deleteSession'),
    readMessages: measured('readMessages'),
    findUnanswered: measured('findUnanswered'),
    appendExchange(exchange, onLate) {
      const note = (stored: StoredExchange | null) => noteExchange(exchange, stored, meter);
      return watched('appendExchange', store.appendExchange(exchange, both(note, onLate)), note);
    },
    appendReply(reply, onLate) {
      const note = (stored: Message | null) => noteReply(reply, stored, meter);
      return watched('appendReply', store.appendReply(reply, both(note, onLate)), note);
    },
  };
}

function both<T>(note: OnLate<T>, onLate: OnLate<T> = () => {}): OnLate<T> {
  return (result) => {
    note(result);
    onLate(result);
  };
}

function noteExchange(exchange: NewExchange, stored: StoredExchange | null, meter: StoreMeter): void {
  if (!stored) return;
  if (stored.duplicate) {
    meter.duplicateFound();
    return;
  }
  meter.messageStored('user');
  if (stored.reply) noteReplyTo(exchange.message.messageId, meter);
}

function noteReply({ replyTo }: NewReply, stored: Message | null, meter: StoreMeter): void {
  if (stored) noteReplyTo(replyTo, meter);
}

function noteReplyTo(messageId: string, meter: StoreMeter): void {
  meter.messageStored('server');
  meter.replied(Math.max(0, Date.now() - takenAt(messageId)) / 1000);
}

/** A UUIDv7 begins with the time in milliseconds at which it was made. */
function takenAt(messageId: string): number {
  return Number.parseInt(messageId.slice(0, 8) + messageId.slice(9, 13), 16);
}

function isOfDatabase(error: unknown): error is ChatError {
  return error instanceof ChatError && (error.code === 'UNAVAILABLE' || error.code === 'INTERNAL');
}
