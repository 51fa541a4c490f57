import { ChatError } from '../../domain/errors';
import { REQUEST_OUTCOMES, type RequestUsage, type UserRecord } from '../../domain/user';
import { noEmailOf } from '../canonicalNames';
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
  const byIdentity = database.prepare(`SELECT * FROM users WHERE identity = ? AND id ${NOT_DELETED}`);
  const insert = createUserInsert(database);
  const update = database.prepare(
    'UPDATE users SET username = ?, email = ?, password_hash = ?, updated_at = ? WHERE id = ? RETURNING *',
  );
  // No valid username or email is of this form, so both are free for others immediately.
  const anonymize = database.prepare(
    `UPDATE users SET username = 'deleted:' || id, email = 'deleted:' || id, password_hash = '', identity = NULL
     WHERE id = ? AND id ${NOT_DELETED}`,
  );
  const markDeleted = database.prepare('INSERT INTO deleted_users (id) VALUES (?)');
  const insertUsage = createUsageInsert(database);
  const tokensOfDay = database.prepare(
    'SELECT coalesce(sum(prompt_tokens + completion_tokens), 0) AS tokens FROM usage WHERE user_id = ? AND day = ?',
  );

  /** The write lock keeps others from taking a name between this check and the write. */
  function refuseTaken({ id, username, email, identity }: UserRecord): void {
    const isAnother = (row: Row | undefined) => row !== undefined && row.id !== id;
    if (isAnother(byUsername.get(username))) throw new ChatError('USERNAME_TAKEN');
    if (email !== null && isAnother(byEmail.get(email))) throw new ChatError('EMAIL_TAKEN');
    if (identity !== undefined && isAnother(byIdentity.get(identity))) throw new ChatError('CONFLICT');
  }

  return {
    createUser(user, login) {
      refuseTaken(user);
      insert(user);
      if (login) logins.insert(login);
    },
    findUser: (userId) => mapRow(byId.get(userId), toUserRecord),
    findUserByEmail: (email) => mapRow(byEmail.get(email), toUserRecord),
    findUserByUsername: (username) => mapRow(byUsername.get(username), toUserRecord),
    findUserByIdentity: (identity) => mapRow(byIdentity.get(identity), toUserRecord),
    updateUser(userId, changes, expectedHash) {
      const current = mapRow(byId.get(userId), toUserRecord);
      if (!current || (expectedHash ?? current.passwordHash) !== current.passwordHash) return null;
      const changed = { ...current, ...changes };
      refuseTaken(changed);
      const { username, email, passwordHash } = changed;
      const updatedAt = changed.updatedAt > current.updatedAt ? changed.updatedAt : current.updatedAt;
      const values = [username, email ?? noEmailOf(userId), passwordHash, updatedAt];
      return mapRow(update.get(...values, userId), toUserRecord);
    },
    deleteUser(userId) {
      if (anonymize.run(userId).changes === 0) return false;
      markDeleted.run(userId);
      logins.removeOfUser(userId);
      return true;
    },
    addUsage: insertUsage,
    countTokens: (userId, day) => integer(tokensOfDay.get(userId, day)?.tokens),
  };
}

/** Inserts a user, without a check. */
export function createUserInsert(database: SqliteDatabase): (user: UserRecord) => void {
  const insert = database.prepare(
    `INSERT INTO users (id, username, email, password_hash, created_at, updated_at, identity)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  return ({ id, username, email, passwordHash, createdAt, updatedAt, identity }) => {
    const names = [username, email ?? noEmailOf(id), passwordHash];
    insert.run(id, ...names, createdAt, updatedAt, identity ?? null);
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
  const [id, email, identity] = [text(row.id), text(row.email), textOrNull(row.identity)];
  return {
    id,
    username: text(row.username),
    email: email === noEmailOf(id) ? null : email,
    passwordHash: text(row.password_hash),
    createdAt: text(row.created_at),
    updatedAt: text(row.updated_at),
    ...(identity !== null && { identity }),
  };
}
