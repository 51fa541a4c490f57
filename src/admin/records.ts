import type { Login } from '../domain/login';
import type { Message } from '../domain/message';
import type { Session } from '../domain/session';
import type { UserRecord } from '../domain/user';

/**
 * Everything that a database stores, in a form that is the same for all databases. Anything else in a database is derived
 * from it, such as which messages are unanswered and when a session was last active.
 */
export interface ChatRecords {
  users: UserRecord;
  logins: Login;
  sessions: Session;
  messages: Message;
}

export type RecordKind = keyof ChatRecords;

/** Records of one kind. */
export type RecordBatch = {
  [K in RecordKind]: { readonly kind: K; readonly records: readonly ChatRecords[K][] };
}[RecordKind];

/** The largest number of records in memory at a time. */
export const BATCH_SIZE = 1_000;

/** Groups items into batches. Pauses after each one, so that the process can handle signals while the items come without waiting. */
export async function* inBatches<T>(
  items: AsyncIterable<T> | Iterable<T>,
  size = BATCH_SIZE,
): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
    await new Promise(setImmediate);
  }
  if (batch.length > 0) yield batch;
}
