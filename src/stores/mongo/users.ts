import { ChatError } from '../../domain/errors';
import type { UserRecord } from '../../domain/user';
import type { Models } from '../../models/models';
import { EMAIL_INDEX, USERNAME_INDEX, type UserDocument } from '../../models/userModel';
import type { UserStore } from '../chatStore';
import { refusingIndex } from './errors';
import { LIVE } from './live';
import { toLoginDocument } from './logins';
import type { SessionRecords } from './sessionRecords';

export function usersOf({ users, logins }: Models, sessions: SessionRecords): UserStore {
  /** Marks first: from then on the user is gone for everyone, and the next start knows what is left to remove. */
  async function remove(userId: string): Promise<boolean> {
    const { modifiedCount } = await users.updateOne({ _id: userId, ...LIVE }, { $set: { deleting: true } });
    if (modifiedCount > 0) await purgeUser({ users, logins }, sessions, userId);
    return modifiedCount > 0;
  }

  async function find(filter: Partial<UserDocument>): Promise<UserRecord | null> {
    const found = await users.findOne({ ...filter, ...LIVE }).lean();
    return found && toUserRecord(found);
  }

  return {
    async createUser(user, login) {
      // The user last: it is what counts. A login that a crash leaves without one is known to nobody, and expires.
      await logins.insertMany([toLoginDocument(login)]);
      try {
        await users.insertMany([toUserDocument(user)]);
      } catch (error) {
        const taken = toTakenError(error);
        if (taken) await logins.deleteOne({ _id: login.id });
        throw taken ?? error;
      }
    },
    findUser: (userId) => find({ _id: userId }),
    findUserByEmail: (email) => find({ email }),
    async updateUser(userId, changes, expectedHash) {
      const expected = expectedHash === undefined ? {} : { passwordHash: expectedHash };
      const key = changes.username === undefined ? {} : { usernameKey: changes.username.toLowerCase() };
      try {
        const filter = { _id: userId, ...LIVE, ...expected };
        const { matchedCount } = await users.updateOne(filter, { $set: { ...changes, ...key } });
        if (matchedCount === 0) return null;
      } catch (error) {
        throw toTakenError(error) ?? error;
      }
      return find({ _id: userId });
    },
    deleteUser: remove,
  };
}

/** Removes all that a user who is marked as deleted has, then the user. */
async function purgeUser(
  { users, logins }: Pick<Models, 'users' | 'logins'>,
  sessions: SessionRecords,
  userId: string,
): Promise<void> {
  await logins.deleteMany({ userId });
  await sessions.purgeAllOf(userId);
  await users.deleteOne({ _id: userId });
}

/** Finishes the deletions of users that a crash interrupted. */
export async function finishUserDeletions(models: Models, sessions: SessionRecords): Promise<void> {
  for (const user of await models.users.find({ deleting: true }).lean()) {
    await purgeUser(models, sessions, user._id);
  }
}

function toTakenError(error: unknown): ChatError | null {
  const index = refusingIndex(error);
  if (index === USERNAME_INDEX) return new ChatError('USERNAME_TAKEN', { cause: error });
  if (index === EMAIL_INDEX) return new ChatError('EMAIL_TAKEN', { cause: error });
  return null;
}

export function toUserDocument({ id, ...user }: UserRecord): UserDocument {
  return { _id: id, ...user, usernameKey: user.username.toLowerCase() };
}

export function toUserRecord({
  _id,
  username,
  email,
  passwordHash,
  createdAt,
  updatedAt,
}: UserDocument): UserRecord {
  return { id: _id, username, email, passwordHash, createdAt, updatedAt };
}
