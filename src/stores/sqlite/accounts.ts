import { ChatError } from '../../domain/errors';
import type { Login } from '../../domain/login';
import type { User, UserRecord } from '../../domain/user';
import { integer, type Row, type SqliteDatabase, text, textOrNull } from './driver';
import type { SyncStore } from './syncStore';

type Accounts = Pick<
  SyncStore,
  'createUser' | 'findUser' | 'findUserByEmail' | 'createLogin' | 'findLogin' | 'rotateLogin' | 'deleteLogin'
>;

/** Users and logins. The caller holds the write lock wherever something is written. */
export function accountsOf(database: SqliteDatabase): Accounts {
  const usernameTaken = database.prepare('SELECT 1 FROM users WHERE username = ?');
  const userById = database.prepare('SELECT * FROM users WHERE id = ?');
  const userByEmail = database.prepare('SELECT * FROM users WHERE email = ?');
  const insertUser = database.prepare(
    'INSERT INTO users (id, username, email, password_hash, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const insertLogin = database.prepare(
    `INSERT INTO logins (id, user_id, created_at, last_used_at, expires_at, user_agent, ip, generation)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const loginById = database.prepare('SELECT * FROM logins WHERE id = ?');
  const advanceLogin = database.prepare(
    `UPDATE logins SET generation = generation + 1, last_used_at = ?, expires_at = ?
     WHERE id = ? AND generation = ? RETURNING *`,
  );
  const removeLogin = database.prepare('DELETE FROM logins WHERE id = ?');

  function createLogin(login: Login): void {
    insertLogin.run(
      login.id,
      login.userId,
      login.createdAt,
      login.lastUsedAt,
      login.expiresAt,
      login.userAgent,
      login.ip,
      login.generation,
    );
  }

  return {
    createUser(user, login) {
      if (usernameTaken.get(user.username)) throw new ChatError('USERNAME_TAKEN');
      if (userByEmail.get(user.email)) throw new ChatError('EMAIL_TAKEN');
      insertUser.run(user.id, user.username, user.email, user.passwordHash, user.createdAt, user.updatedAt);
      createLogin(login);
    },
    findUser: (userId) => mapRow(userById.get(userId), toUser),
    findUserByEmail: (email) => mapRow(userByEmail.get(email), toUserRecord),
    createLogin,
    findLogin: (loginId) => mapRow(loginById.get(loginId), toLogin),
    rotateLogin: (loginId, generation, { lastUsedAt, expiresAt }) =>
      mapRow(advanceLogin.get(lastUsedAt, expiresAt, loginId, generation), toLogin),
    deleteLogin: (loginId) => removeLogin.run(loginId).changes !== 0,
  };
}

function mapRow<T>(row: Row | undefined, map: (row: Row) => T): T | null {
  return row ? map(row) : null;
}

function toUser(row: Row): User {
  return {
    id: text(row.id),
    username: text(row.username),
    email: text(row.email),
    createdAt: text(row.created_at),
    updatedAt: text(row.updated_at),
  };
}

function toUserRecord(row: Row): UserRecord {
  return { ...toUser(row), passwordHash: text(row.password_hash) };
}

function toLogin(row: Row): Login {
  return {
    id: text(row.id),
    userId: text(row.user_id),
    createdAt: text(row.created_at),
    lastUsedAt: text(row.last_used_at),
    expiresAt: text(row.expires_at),
    userAgent: textOrNull(row.user_agent),
    ip: textOrNull(row.ip),
    generation: integer(row.generation),
  };
}
