import type { ChatStore } from '../chatStore';
import { DatabaseThread, type OnCommit } from './databaseThread';
import { completed, fieldsOf } from './exchange';
import type { Arguments, Operation, Results } from './syncStore';

/**
 * Opens the store in the SQLite file at `path`, which is made if it is missing and brought to the newest schema. Rejects
 * with `UNAVAILABLE` if the file can't be opened. `onCommit` is told of every commit.
 */
export async function openSqliteStore(path: string, onCommit?: OnCommit): Promise<ChatStore> {
  const thread = new DatabaseThread(path, onCommit);
  const inThread =
    <K extends Operation>(operation: K) =>
    (...args: Arguments[K]): Promise<Results[K]> =>
      thread.call(operation, args, (answer) => answer);
  const store: ChatStore = {
    ping: inThread('ping'),
    close: () => thread.close(),
    createUser: inThread('createUser'),
    findUser: inThread('findUser'),
    findUserByEmail: inThread('findUserByEmail'),
    updateUser: inThread('updateUser'),
    deleteUser: inThread('deleteUser'),
    createLogin: inThread('createLogin'),
    findLogin: inThread('findLogin'),
    listLogins: inThread('listLogins'),
    rotateLogin: inThread('rotateLogin'),
    deleteLogin: inThread('deleteLogin'),
    deleteLogins: inThread('deleteLogins'),
    deleteExpiredLogins: inThread('deleteExpiredLogins'),
    findEndedLogins: inThread('findEndedLogins'),
    listSessions: inThread('listSessions'),
    findSession: inThread('findSession'),
    openSession: inThread('openSession'),
    renameSession: inThread('renameSession'),
    deleteSession: inThread('deleteSession'),
    readMessages: inThread('readMessages'),
    appendExchange: (exchange, onLate) =>
      thread.call(
        'appendExchange',
        fieldsOf(exchange),
        (appended) => (appended === null ? null : completed(exchange, appended)),
        onLate,
      ),
    appendReply: (reply, onLate) => thread.call('appendReply', [reply], (answer) => answer, onLate),
    findUnanswered: inThread('findUnanswered'),
  };
  try {
    await store.ping();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}
