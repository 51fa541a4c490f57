import { type ChatStore, mapOperations } from '../chatStore';
import { DatabaseThread, type OnCommit } from './databaseThread';
import type { Arguments, Results } from './protocol';
import { toFields, toStoredExchange } from './protocol';

/**
 * Opens the store in the SQLite file at `path`, which is created if it is missing and migrated to the newest schema. Rejects with
 * `UNAVAILABLE` if the file can't be opened. `onCommit` is called after each commit.
 */
export async function openSqliteStore(path: string, onCommit?: OnCommit): Promise<ChatStore> {
  const thread = new DatabaseThread(path, onCommit);
  const store: ChatStore = {
    ...mapOperations<Arguments, Results>((operation, args) =>
      thread.call(operation, args, (answer) => answer),
    ),
    appendExchange: (exchange, onStored) =>
      thread.call('appendExchange', toFields(exchange), (appended) => {
        const stored = appended === null ? null : toStoredExchange(exchange, appended);
        if (stored) onStored?.(stored);
        return stored;
      }),
    appendReply: (reply, onStored) =>
      thread.call('appendReply', [reply], (stored) => {
        if (stored) onStored?.(stored);
        return stored;
      }),
    close: () => thread.close(),
  };
  try {
    await store.ping();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}
