import { ChatError } from '../../domain/errors';
import type { Login } from '../../domain/login';
import type { User, UserRecord } from '../../domain/user';
import type { LoginDocument } from '../../models/loginModel';
import type { Models } from '../../models/models';
import { EMAIL_INDEX, USERNAME_INDEX, type UserDocument } from '../../models/userModel';
import type { AccountStore } from '../chatStore';
import { refusingIndex } from './errors';

/** Users and their logins. */
export function accountsOf({ users, logins }: Models): AccountStore {
  return {
    async createUser(user, login) {
      // The user last: it is what counts. A login that a crash leaves without one is known to nobody.
      await logins.insertMany([toLoginDocument(login)]);
      try {
        await users.insertMany([toUserDocument(user)]);
      } catch (error) {
        const taken = toTakenError(error);
        if (taken) await logins.deleteOne({ _id: login.id });
        throw taken ?? error;
      }
    },
    async findUser(userId) {
      const found = await users.findById(userId).lean();
      return found && toUser(found);
    },
    async findUserByEmail(email) {
      const found = await users.findOne({ email }).lean();
      return found && toUserRecord(found);
    },

    async createLogin(login) {
      await logins.insertMany([toLoginDocument(login)]);
    },
    async findLogin(loginId) {
      const found = await logins.findById(loginId).lean();
      return found && toLogin(found);
    },
    async rotateLogin(loginId, generation, { lastUsedAt, expiresAt }) {
      const found = await logins.findOne({ _id: loginId, generation }).lean();
      if (!found) return null;
      const rotated = { lastUsedAt, expiresAt, generation: generation + 1 };
      const { modifiedCount } = await logins.updateOne({ _id: loginId, generation }, { $set: rotated });
      return modifiedCount > 0 ? { ...toLogin(found), ...rotated } : null;
    },
    async deleteLogin(loginId) {
      const { deletedCount } = await logins.deleteOne({ _id: loginId });
      return deletedCount > 0;
    },
  };
}

function toTakenError(error: unknown): ChatError | null {
  const index = refusingIndex(error);
  if (index === USERNAME_INDEX) return new ChatError('USERNAME_TAKEN', { cause: error });
  if (index === EMAIL_INDEX) return new ChatError('EMAIL_TAKEN', { cause: error });
  return null;
}

function toUserDocument({ id, ...user }: UserRecord): UserDocument {
  return { _id: id, ...user, usernameKey: user.username.toLowerCase() };
}

function toUser({ _id, username, email, createdAt, updatedAt }: UserDocument): User {
  return { id: _id, username, email, createdAt, updatedAt };
}

function toUserRecord(document: UserDocument): UserRecord {
  return { ...toUser(document), passwordHash: document.passwordHash };
}

function toLoginDocument({ id, ...login }: Login): LoginDocument {
  return { _id: id, ...login };
}

function toLogin({ _id, ...login }: LoginDocument): Login {
  return { id: _id, ...login };
}
