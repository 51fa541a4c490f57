import type { Login } from '../../domain/user';
import { type Models, NOT_DELETED } from '../../models/models';
import type { LoginDocument } from '../../models/userModel';
import type { LoginStore } from '../chatStore';

export function createLoginOperations({ users, logins }: Models): LoginStore {
  return {
    async createLogin(login, expectedHash) {
      await logins.insertMany([toLoginDocument(login)]);
      // Checked afterwards: a password change or a deletion of the user that started earlier may have missed this login.
      if (await users.exists({ _id: login.userId, passwordHash: expectedHash, ...NOT_DELETED })) return true;
      await logins.deleteOne({ _id: login.id });
      return false;
    },
    async findLogin(loginId) {
      const found = await logins.findById(loginId).lean();
      return found && toLogin(found);
    },
    async listLogins(userId, now) {
      const found = await logins
        .find({ userId, expiresAt: { $gt: now } })
        .sort({ lastUsedAt: -1, _id: -1 })
        .lean();
      return found.map(toLogin);
    },
    async rotateLogin(loginId, generation, { lastUsedAt, expiresAt }) {
      const found = await logins.findOne({ _id: loginId, generation }).lean();
      if (!found) return null;
      const rotated = { lastUsedAt, expiresAt, generation: generation + 1, confirmedAt: null };
      // The filter decides: of several concurrent updates from the same generation, one matches.
      const { modifiedCount } = await logins.updateOne({ _id: loginId, generation }, { $set: rotated });
      return modifiedCount > 0 ? { ...toLogin(found), ...rotated } : null;
    },
    async confirmLogin(loginId, generation, confirmedAt) {
      await logins.updateOne({ _id: loginId, generation, confirmedAt: null }, { $set: { confirmedAt } });
    },
    async deleteLogin(userId, loginId) {
      const { deletedCount } = await logins.deleteOne({ _id: loginId, userId });
      return deletedCount > 0;
    },
    async deleteLogins(userId, exceptLoginId) {
      const found = await logins.find({ userId }).lean();
      const ids = found.map(({ _id }) => _id).filter((id) => id !== exceptLoginId);
      await logins.deleteMany({ _id: { $in: ids } });
      return ids;
    },
    async deleteExpiredLogins(before, limit) {
      const expired = { expiresAt: { $lte: before } };
      const found = await logins.find(expired, { _id: 1 }).limit(limit).lean();
      // Checked again, as a login may have been refreshed meanwhile.
      await logins.deleteMany({ _id: { $in: found.map(({ _id }) => _id) }, ...expired });
      return found.length === limit;
    },
    async findEndedLogins(loginIds, now) {
      const found = await logins.find({ _id: { $in: [...loginIds] }, expiresAt: { $gt: now } }).lean();
      const existing = new Set(found.map(({ _id }) => _id));
      return loginIds.filter((id) => !existing.has(id));
    },
  };
}

export function toLoginDocument({ id, ...login }: Login): LoginDocument {
  return { _id: id, ...login };
}

/** Whether refreshes of earlier versions were received is unknown. They count as confirmed, or their old tokens would be accepted again. */
export function toLogin({ _id, ...login }: LoginDocument): Login {
  return {
    id: _id,
    ...login,
    confirmedAt: login.confirmedAt === undefined ? login.lastUsedAt : login.confirmedAt,
  };
}
