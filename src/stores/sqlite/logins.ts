import type { Login } from '../../domain/user';
import type { LoginStore } from '../chatStore';
import { NOT_DELETED } from './deletions';
import { integer, mapRow, type Row, type SqliteDatabase, text, textOrNull } from './driver';
import type { SyncOperations } from './protocol';

/** The query on the table of logins that is shared with sign-up. */
export interface LoginTable {
  /** Inserts nothing and returns false if the user was deleted or, where `expectedHash` is given, has another password hash. */
  insert(login: Login, expectedHash?: string): boolean;
}

export function createLoginTable(database: SqliteDatabase): LoginTable {
  const insert = database.prepare(
    `INSERT INTO logins (id, user_id, created_at, last_used_at, expires_at, user_agent, ip, generation, confirmed_at)
     SELECT ?, id, ?, ?, ?, ?, ?, ?, ? FROM users
     WHERE id = ? AND password_hash = coalesce(?, password_hash) AND id ${NOT_DELETED}`,
  );
  return {
    insert(login, expectedHash) {
      const { id, userId, createdAt, lastUsedAt, expiresAt, userAgent, ip, generation, confirmedAt } = login;
      const values = [id, createdAt, lastUsedAt, expiresAt, userAgent, ip, generation, confirmedAt];
      return insert.run(...values, userId, expectedHash ?? null).changes !== 0;
    },
  };
}

/** The operations on logins. The caller holds the write lock for those that write. */
export function createLoginOperations(
  database: SqliteDatabase,
  table: LoginTable,
): Pick<SyncOperations, keyof LoginStore> {
  const byId = database.prepare('SELECT * FROM logins WHERE id = ?');
  const ofUser = database.prepare(
    'SELECT * FROM logins WHERE user_id = ? AND expires_at > ? ORDER BY last_used_at DESC, id DESC',
  );
  const advance = database.prepare(
    `UPDATE logins SET generation = generation + 1, last_used_at = ?, expires_at = ?, confirmed_at = NULL
     WHERE id = ? AND generation = ? RETURNING *`,
  );
  const confirm = database.prepare(
    'UPDATE logins SET confirmed_at = ? WHERE id = ? AND generation = ? AND confirmed_at IS NULL',
  );
  const remove = database.prepare('DELETE FROM logins WHERE user_id = ? AND id = ?');
  const removeOfUser = database.prepare('DELETE FROM logins WHERE user_id = ? AND id <> ? RETURNING id');
  const removeExpired = database.prepare(
    'DELETE FROM logins WHERE id IN (SELECT id FROM logins WHERE expires_at <= ? LIMIT ?)',
  );
  const missing = database.prepare(
    'SELECT value AS id FROM json_each(?) WHERE value NOT IN (SELECT id FROM logins WHERE expires_at > ?)',
  );

  return {
    createLogin: (login, expectedHash) => table.insert(login, expectedHash),
    findLogin: (loginId) => mapRow(byId.get(loginId), toLogin),
    listLogins: (userId, now) => ofUser.all(userId, now).map(toLogin),
    rotateLogin: (loginId, generation, { lastUsedAt, expiresAt }) =>
      mapRow(advance.get(lastUsedAt, expiresAt, loginId, generation), toLogin),
    confirmLogin: (loginId, generation, confirmedAt) => void confirm.run(confirmedAt, loginId, generation),
    deleteLogin: (userId, loginId) => remove.run(userId, loginId).changes !== 0,
    deleteLogins: (userId, exceptLoginId = '') => removeOfUser.all(userId, exceptLoginId).map(idOf),
    deleteExpiredLogins: (before, limit) => Number(removeExpired.run(before, limit).changes) === limit,
    findEndedLogins: (loginIds, now) => missing.all(JSON.stringify(loginIds), now).map(idOf),
  };
}

function idOf(row: Row): string {
  return text(row.id);
}

export function toLogin(row: Row): Login {
  return {
    id: text(row.id),
    userId: text(row.user_id),
    createdAt: text(row.created_at),
    lastUsedAt: text(row.last_used_at),
    expiresAt: text(row.expires_at),
    userAgent: textOrNull(row.user_agent),
    ip: textOrNull(row.ip),
    generation: integer(row.generation),
    confirmedAt: textOrNull(row.confirmed_at),
  };
}
