import { ChatError } from '../../domain/errors';
import type { UserRecord } from '../../domain/user';
import type { UserStore } from '../chatStore';
import { mapRow, type Row, type SqliteDatabase, text } from './driver';
import type { LoginTable } from './logins';
import type { SyncOperations } from './protocol';

/** The operations on users. The caller holds the write lock for those that write. */
export function createUserOperations(
  database: SqliteDatabase,
  logins: LoginTable,
): Pick<SyncOperations, keyof UserStore> {
  const byUsername = database.prepare('SELECT * FROM users WHERE username = ?');
  const byId = database.prepare('SELECT * FROM users WHERE id = ?');
  const byEmail = database.prepare('SELECT * FROM users WHERE email = ?');
  const insert = database.prepare(
    'INSERT INTO users (id, username, email, password_hash, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const update = database.prepare(
    'UPDATE users SET username = ?, email = ?, password_hash = ?, updated_at = ? WHERE id = ? RETURNING *',
  );
  const remove = database.prepare('DELETE FROM users WHERE id = ?');

  /** The write lock keeps others from taking a name between this check and the write. */
  function refuseTaken({ id, username, email }: UserRecord): void {
    const isAnother = (row: Row | undefined) => row !== undefined && row.id !== id;
    if (isAnother(byUsername.get(username))) throw new ChatError('USERNAME_TAKEN');
    if (isAnother(byEmail.get(email))) throw new ChatError('EMAIL_TAKEN');
  }

  return {
    createUser(user, login) {
      refuseTaken(user);
      const { id, username, email, passwordHash, createdAt, updatedAt } = user;
      insert.run(id, username, email, passwordHash, createdAt, updatedAt);
      logins.insert(login);
    },
    findUser: (userId) => mapRow(byId.get(userId), toUserRecord),
    findUserByEmail: (email) => mapRow(byEmail.get(email), toUserRecord),
    findUserByUsername: (username) => mapRow(byUsername.get(username), toUserRecord),
    updateUser(userId, changes, expectedHash) {
      const current = mapRow(byId.get(userId), toUserRecord);
      if (!current || (expectedHash ?? current.passwordHash) !== current.passwordHash) return null;
      const changed = { ...current, ...changes };
      refuseTaken(changed);
      const { username, email, passwordHash, updatedAt } = changed;
      return mapRow(update.get(username, email, passwordHash, updatedAt, userId), toUserRecord);
    },
    deleteUser: (userId) => remove.run(userId).changes !== 0,
  };
}

export function toUserRecord(row: Row): UserRecord {
  return {
    id: text(row.id),
    username: text(row.username),
    email: text(row.email),
    passwordHash: text(row.password_hash),
    createdAt: text(row.created_at),
    updatedAt: text(row.updated_at),
  };
}
