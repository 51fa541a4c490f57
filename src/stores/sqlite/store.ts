import { type ChatStore, mapOperations } from '../chatStore';
import { DatabaseThread, type StoreEvents } from './databaseThread';
import { type Arguments, type Results, toAppendedExchange, toFields } from './protocol';

/**
 * Opens the store in the SQLite file at `path`, which is created if it is missing and migrated to the newest schema. Rejects with
 * `UNAVAILABLE` if the file can't be opened. While the file is not in its place, calls reject
 * with `UNAVAILABLE`.
 */
export async function openSqliteStore(path: string, events?: StoreEvents): Promise<ChatStore> {
  const thread = new DatabaseThread(path, events);
  const store: ChatStore = {
    ...mapOperations<Arguments, Results>((operation, args) =>
      thread.call(operation, args, (answer) => answer),
    ),
    appendExchange: (exchange, onStored) =>
      thread.call('appendExchange', toFields(exchange), (appended) => {
        if (appended === null) return null;
        const { stored, session } = toAppendedExchange(exchange, appended);
        onStored?.(stored, session);
        return stored;
      }),
    appendReply: (reply, onStored) =>
      thread.call('appendReply', [reply], (appended) => {
        if (appended === null) return null;
        onStored?.(appended.stored, appended.session);
        return appended.stored;
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
