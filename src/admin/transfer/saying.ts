import type { ChatRecords, Kind } from './records';
import type { Readers, Writers } from './transfer';

/** Turns an error of a database into one that says what it means. */
export type Translate = (error: unknown) => unknown;

/** The same readers, with their errors translated. */
export function readersSaying(read: Readers, translate: Translate): Readers {
  const saying = async function* <T>(batches: AsyncIterable<T>) {
    try {
      yield* batches;
    } catch (error) {
      throw translate(error);
    }
  };
  return {
    users: () => saying(read.users()),
    logins: () => saying(read.logins()),
    sessions: () => saying(read.sessions()),
    messages: () => saying(read.messages()),
  };
}

/** The same writers, with their errors translated. */
export function writersSaying(write: Writers, translate: Translate): Writers {
  const saying =
    <K extends Kind>(kind: K) =>
    async (records: readonly ChatRecords[K][]) => {
      try {
        await write[kind](records);
      } catch (error) {
        throw translate(error);
      }
    };
  return {
    users: saying('users'),
    logins: saying('logins'),
    sessions: saying('sessions'),
    messages: saying('messages'),
  };
}
