import type { Login, RevokedToken } from '../../domain/user';
import type { LoginStore } from '../chatStore';
import { NOT_DELETED } from './deletions';
import { integer, mapRow, type Row, type SqliteDatabase, text, textOrNull } from './driver';
import type { SyncOperations } from './protocol';

/** The queries on the table of logins that are shared with the operations on users. */
export interface LoginTable {
  /**
   * Inserts nothing and returns false if the user was deleted or, where `expectedHash` is given, has another password hash. Also if it is
   * external and its token was revoked; one that exists already stays as it is.
   */
  insert(login: Login, expectedHash?: string): boolean;
  /** Deletes the user's logins except `exceptLoginId`, and returns their ids. */
  removeOfUser(userId: string, exceptLoginId?: string): string[];
}

/** Records the tokens of external logins before they are deleted. */
const REVOKE = `INSERT OR IGNORE INTO revoked_tokens (id, expires_at) SELECT id, expires_at FROM logins
  WHERE external AND user_id = ?`;

export function createLoginTable(database: SqliteDatabase): LoginTable {
  const columns =
    'id, user_id, created_at, last_used_at, expires_at, user_agent, ip, generation, confirmed_at, external';
  const ofUser = `FROM users WHERE id = ? AND password_hash = coalesce(?, password_hash) AND id ${NOT_DELETED}`;
  const insert = database.prepare(
    `INSERT INTO logins (${columns}) SELECT ?1, id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0 ${ofUser}`,
  );
  const insertExternal = database.prepare(
    `INSERT INTO logins (${columns}) SELECT ?1, id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1 ${ofUser}
       AND ?1 NOT IN (SELECT id FROM revoked_tokens)
     ON CONFLICT (id) DO UPDATE SET external = 1 WHERE external AND user_id = excluded.user_id`,
  );
  const revokeOfUser = database.prepare(`${REVOKE} AND id <> ?`);
  const removeOfUser = database.prepare('DELETE FROM logins WHERE user_id = ? AND id <> ? RETURNING id');
  return {
    insert(login, expectedHash) {
      const { id, userId, createdAt, lastUsedAt, expiresAt, userAgent, ip, generation, confirmedAt } = login;
      const values = [id, createdAt, lastUsedAt, expiresAt, userAgent, ip, generation, confirmedAt];
      const statement = login.isExternal ? insertExternal : insert;
      return statement.run(...values, userId, expectedHash ?? null).changes !== 0;
    },
    removeOfUser(userId, exceptLoginId = '') {
      revokeOfUser.run(userId, exceptLoginId);
      return removeOfUser.all(userId, exceptLoginId).map(idOf);
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
  const revoke = database.prepare(`${REVOKE} AND id = ?`);
  const revoked = database.prepare('SELECT id FROM revoked_tokens WHERE id = ?');
  const removeExpired = database.prepare(
    'DELETE FROM logins WHERE id IN (SELECT id FROM logins WHERE expires_at <= ? LIMIT ?)',
  );
  const removeExpiredExternal = database.prepare(
    'DELETE FROM logins WHERE id IN (SELECT id FROM logins WHERE external AND expires_at <= ? LIMIT ?)',
  );
  const removeExpiredRevoked = database.prepare(
    'DELETE FROM revoked_tokens WHERE id IN (SELECT id FROM revoked_tokens WHERE expires_at <= ? LIMIT ?)',
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
    isTokenRevoked: (loginId) => revoked.get(loginId) !== undefined,
    deleteLogin(userId, loginId) {
      revoke.run(userId, loginId);
      return remove.run(userId, loginId).changes !== 0;
    },
    deleteLogins: (userId, exceptLoginId) => table.removeOfUser(userId, exceptLoginId),
    deleteExpiredLogins(before, externalBefore, limit) {
      const removed = [
        removeExpired.run(before, limit),
        removeExpiredExternal.run(externalBefore, limit),
        removeExpiredRevoked.run(before, limit),
      ];
      return removed.some(({ changes }) => Number(changes) === limit);
    },
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
    ...(row.external === 1 && { isExternal: true }),
  };
}

export function toRevokedToken(row: Row): RevokedToken {
  return { id: text(row.id), expiresAt: text(row.expires_at) };
}
