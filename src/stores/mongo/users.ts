import { ChatError } from '../../domain/errors';
import type { RequestUsage, UserChanges, UserRecord } from '../../domain/user';
import { driverCollection, type Models, NOT_DELETED } from '../../models/models';
import {
  EMAIL_INDEX,
  IDENTITY_INDEX,
  USERNAME_INDEX,
  type UsageDocument,
  type UserDocument,
} from '../../models/userModel';
import { noEmailOf } from '../canonicalNames';
import type { UserStore } from '../chatStore';
import { withTimeout } from './callDeadlines';
import { violatedIndex } from './errors';
import { deleteLoginsWhere, revokeTokensWhere, toLoginDocument } from './logins';
import type { Purge } from './purge';

/** How long a deletion waits until the sessions of the user are hidden, in milliseconds. Then this goes on in the background. */
const HIDE_TIMEOUT_MS = 1_000;

export function createUserOperations(models: Models, purge: Purge): UserStore {
  const { users, logins, sessions } = models;
  const usage = driverCollection(models.usage);
  /**
   * The mark comes first: it hides the user from everyone, and the next start finishes the deletion after a crash. It also removes the
   * personal data, and frees the name and the email: no valid one is of this form.
   */
  async function remove(userId: string): Promise<boolean> {
    const nobody = `deleted:${userId}`;
    // Before the mark frees the identity, so that no token of the user creates another one.
    if (await users.exists({ _id: userId, ...NOT_DELETED })) await revokeTokensWhere(models, { userId });
    const { modifiedCount } = await users.updateOne(
      { _id: userId, ...NOT_DELETED },
      {
        $set: { deleting: true, username: nobody, usernameKey: nobody, email: nobody, passwordHash: '' },
        $unset: { identity: 1 },
      },
    );
    if (modifiedCount === 0) return false;
    purge.wake();
    await deleteLoginsWhere(models, { userId });
    const hidden = sessions.updateMany({ userId, ...NOT_DELETED }, { $set: { deleting: true } });
    await withTimeout(hidden.exec(), HIDE_TIMEOUT_MS).catch(() => {});
    purge.wake();
    return true;
  }

  async function find(filter: Partial<UserDocument>): Promise<UserRecord | null> {
    const found = await users.findOne({ ...filter, ...NOT_DELETED }).lean();
    return found && toUserRecord(found);
  }

  return {
    async createUser(user, login) {
      // The login comes first: a crash in between leaves a login that nobody knows and that expires, not a user without one.
      if (login) await logins.insertMany([toLoginDocument(login)]);
      try {
        await users.insertMany([toUserDocument(user)]);
      } catch (error) {
        const taken = toTakenError(error);
        if (taken && login) await logins.deleteOne({ _id: login.id });
        throw taken ?? error;
      }
    },
    findUser: (userId) => find({ _id: userId }),
    findUserByEmail: (email) => find({ email }),
    findUserByIdentity: (identity) => find({ identity }),
    findUserByUsername: (username) => find({ usernameKey: toUsernameKey(username) }),
    async updateUser(userId, { updatedAt, ...changes }, expectedHash) {
      const expected = expectedHash === undefined ? {} : { passwordHash: expectedHash };
      try {
        const filter = { _id: userId, ...NOT_DELETED, ...expected };
        const { matchedCount } = await users.updateOne(filter, { $set: toUserFields(userId, changes) });
        if (matchedCount === 0) return null;
        // Separate, as a concurrent change may have set a later time.
        if (updatedAt)
          await users.updateOne({ _id: userId, updatedAt: { $lt: updatedAt } }, { $set: { updatedAt } });
      } catch (error) {
        throw toTakenError(error) ?? error;
      }
      return find({ _id: userId });
    },
    deleteUser: remove,
    async addUsage(added) {
      const { _id, ...fields } = toUsageDocument(added);
      await usage.updateOne({ _id }, { $setOnInsert: fields }, { upsert: true });
      // Checked after the insert, as a concurrent deletion of the user may have missed it.
      const { userId } = added;
      if (!(await users.exists({ _id: userId, ...NOT_DELETED }))) await usage.deleteMany({ userId });
    },
    async countTokens(userId, day) {
      const [sum] = await usage
        .aggregate<Pick<RequestUsage, 'promptTokens' | 'completionTokens'>>([
          { $match: { userId, day } },
          {
            $group: {
              _id: '$userId',
              promptTokens: { $sum: '$promptTokens' },
              completionTokens: { $sum: '$completionTokens' },
            },
          },
        ])
        .toArray();
      return sum ? sum.promptTokens + sum.completionTokens : 0;
    },
  };
}

export function toUsageDocument(usage: RequestUsage): UsageDocument {
  const { replyTo, variant, attempt } = usage;
  return { _id: `${replyTo}.${variant}.${attempt}`, ...usage };
}

export function toUsage({ _id: _, ...usage }: UsageDocument): RequestUsage {
  return usage;
}

function toTakenError(error: unknown): ChatError | null {
  const index = violatedIndex(error);
  if (index === USERNAME_INDEX) return new ChatError('USERNAME_TAKEN', { cause: error });
  if (index === EMAIL_INDEX) return new ChatError('EMAIL_TAKEN', { cause: error });
  if (index === IDENTITY_INDEX) return new ChatError('CONFLICT', { cause: error });
  return null;
}

export function toUserDocument({ id, email, ...user }: UserRecord): UserDocument {
  return { _id: id, ...user, email: email ?? noEmailOf(id), usernameKey: toUsernameKey(user.username) };
}

function toUserFields(
  id: string,
  { email, ...changes }: Omit<UserChanges, 'updatedAt'>,
): Partial<UserDocument> {
  return {
    ...changes,
    ...(email !== undefined && { email: email ?? noEmailOf(id) }),
    ...(changes.username !== undefined && { usernameKey: toUsernameKey(changes.username) }),
  };
}

/** Only ASCII letters, as in SQLite: the lower case of the Kelvin sign is a "k". */
function toUsernameKey(username: string): string {
  return username.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

export function toUserRecord({
  _id,
  username,
  email,
  passwordHash,
  createdAt,
  updatedAt,
  identity,
}: UserDocument): UserRecord {
  const address = email === noEmailOf(_id) ? null : email;
  const names = { username, email: address, ...(identity !== undefined && { identity }) };
  return { id: _id, ...names, passwordHash, createdAt, updatedAt };
}
