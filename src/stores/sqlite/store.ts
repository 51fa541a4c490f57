import { type ChatStore, mapOperations } from '../chatStore';
import { DatabaseThread, type OnCommit, type OnFileChange } from './databaseThread';
import { type Arguments, type Results, toAppendedExchange, toFields } from './protocol';

/**
 * Opens the store in the SQLite file at `path`, which is created if it is missing and migrated to the newest schema. Rejects with
 * `UNAVAILABLE` if the file can't be opened. `onCommit` is called after each commit. While the file is not in its place, calls reject
 * with `UNAVAILABLE`.
 */
export async function openSqliteStore(
  path: string,
  onCommit?: OnCommit,
  onFileChange?: OnFileChange,
): Promise<ChatStore> {
  const thread = new DatabaseThread(path, onCommit, onFileChange);
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
