import { ChatError } from '../../domain/errors';
import { REQUEST_OUTCOMES, type RequestUsage, type UserRecord } from '../../domain/user';
import type { UserStore } from '../chatStore';
import { NOT_DELETED } from './deletions';
import { integer, mapRow, type Row, type SqliteDatabase, text, textOrNull } from './driver';
import type { LoginTable } from './logins';
import type { SyncOperations } from './protocol';

/** The operations on users. The caller holds the write lock for those that write. */
export function createUserOperations(
  database: SqliteDatabase,
  logins: LoginTable,
): Pick<SyncOperations, keyof UserStore> {
  const byUsername = database.prepare(`SELECT * FROM users WHERE username = ? AND id ${NOT_DELETED}`);
  const byId = database.prepare(`SELECT * FROM users WHERE id = ? AND id ${NOT_DELETED}`);
  const byEmail = database.prepare(`SELECT * FROM users WHERE email = ? AND id ${NOT_DELETED}`);
  const insert = database.prepare(
    'INSERT INTO users (id, username, email, password_hash, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const update = database.prepare(
    'UPDATE users SET username = ?, email = ?, password_hash = ?, updated_at = ? WHERE id = ? RETURNING *',
  );
  // No valid username or email is of this form, so both are free for others immediately.
  const anonymize = database.prepare(
    `UPDATE users SET username = 'deleted:' || id, email = 'deleted:' || id, password_hash = ''
     WHERE id = ? AND id ${NOT_DELETED}`,
  );
  const markDeleted = database.prepare('INSERT INTO deleted_users (id) VALUES (?)');
  const removeLogins = database.prepare('DELETE FROM logins WHERE user_id = ?');
  const insertUsage = createUsageInsert(database);
  const tokensOfDay = database.prepare(
    'SELECT coalesce(sum(prompt_tokens + completion_tokens), 0) AS tokens FROM usage WHERE user_id = ? AND day = ?',
  );

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
      const { username, email, passwordHash } = changed;
      const updatedAt = changed.updatedAt > current.updatedAt ? changed.updatedAt : current.updatedAt;
      return mapRow(update.get(username, email, passwordHash, updatedAt, userId), toUserRecord);
    },
    deleteUser(userId) {
      if (anonymize.run(userId).changes === 0) return false;
      markDeleted.run(userId);
      removeLogins.run(userId);
      return true;
    },
    addUsage: insertUsage,
    countTokens: (userId, day) => integer(tokensOfDay.get(userId, day)?.tokens),
  };
}

/** Inserts the usage of a user who exists, unless it is there. */
export function createUsageInsert(database: SqliteDatabase): (usage: RequestUsage) => void {
  const insert = database.prepare(
    `INSERT OR IGNORE INTO usage
       (reply_to, variant, attempt, user_id, day, model, prompt_tokens, completion_tokens, estimated, outcome)
     SELECT ?, ?, ?, id, ?, ?, ?, ?, ?, ? FROM users WHERE id = ? AND id ${NOT_DELETED}`,
  );
  return ({ replyTo, variant, attempt, userId, day, model, estimated, outcome, ...tokens }) => {
    const { promptTokens, completionTokens } = tokens;
    const key = [replyTo, variant, attempt] as const;
    insert.run(...key, day, model, promptTokens, completionTokens, Number(estimated), outcome, userId);
  };
}

export function toUsage(row: Row): RequestUsage {
  return {
    replyTo: text(row.reply_to),
    variant: integer(row.variant),
    attempt: integer(row.attempt),
    userId: text(row.user_id),
    day: text(row.day),
    model: textOrNull(row.model),
    promptTokens: integer(row.prompt_tokens),
    completionTokens: integer(row.completion_tokens),
    estimated: row.estimated === 1,
    outcome: REQUEST_OUTCOMES.find((outcome) => outcome === row.outcome) ?? 'aborted',
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
