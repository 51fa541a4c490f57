import type { Model, mongo } from 'mongoose';
import type { Login } from '../../domain/user';
import { driverCollection, type Models, NOT_DELETED } from '../../models/models';
import type { LoginDocument } from '../../models/userModel';
import type { LoginStore } from '../chatStore';

export function createLoginOperations(models: Models): LoginStore {
  const { users, logins, revokedTokens } = models;
  const isTokenRevoked = async (loginId: string) => (await revokedTokens.exists({ _id: loginId })) !== null;

  /** Another request with the same token may have inserted it. */
  async function insertExternal(login: Login): Promise<void> {
    const { _id, ...fields } = toLoginDocument(login);
    await logins.updateOne({ _id }, { $setOnInsert: fields }, { upsert: true });
  }

  return {
    async createLogin(login, expectedHash) {
      if (login.isExternal) await insertExternal(login);
      else await logins.insertMany([toLoginDocument(login)]);
      // Checked afterwards: a revocation, a password change or a deletion of the user that started earlier may have missed this login.
      const isCurrent =
        (await users.exists({ _id: login.userId, passwordHash: expectedHash, ...NOT_DELETED })) !== null &&
        (await logins.exists({ _id: login.id, userId: login.userId })) !== null &&
        !(login.isExternal && (await isTokenRevoked(login.id)));
      if (!isCurrent) await logins.deleteOne({ _id: login.id, userId: login.userId });
      return isCurrent;
    },
    isTokenRevoked,
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
      return (await deleteLoginsWhere(models, { _id: loginId, userId })) > 0;
    },
    async deleteLogins(userId, exceptLoginId) {
      const found = await logins.find({ userId }).lean();
      const ids = found.map(({ _id }) => _id).filter((id) => id !== exceptLoginId);
      await deleteLoginsWhere(models, { _id: { $in: ids } });
      return ids;
    },
    async deleteExpiredLogins(before, externalBefore, limit) {
      const removed = [
        await deleteExpired(logins, { expiresAt: { $lte: before } }, limit),
        await deleteExpired(logins, { isExternal: true, expiresAt: { $lte: externalBefore } }, limit),
        await deleteExpired(revokedTokens, { expiresAt: { $lte: before } }, limit),
      ];
      return removed.includes(limit);
    },
    async findEndedLogins(loginIds, now) {
      const found = await logins.find({ _id: { $in: [...loginIds] }, expiresAt: { $gt: now } }).lean();
      const existing = new Set(found.map(({ _id }) => _id));
      return loginIds.filter((id) => !existing.has(id));
    },
  };
}

type LoginFilter = mongo.Filter<LoginDocument>;

/** Records the tokens of external logins as revoked, which must come before the logins are deleted. */
export async function revokeTokensWhere(
  { logins, revokedTokens }: Models,
  filter: LoginFilter,
): Promise<void> {
  const external = driverCollection(logins).find({ ...filter, isExternal: true });
  for await (const { _id, expiresAt } of external) {
    await revokedTokens.updateOne({ _id }, { $setOnInsert: { expiresAt } }, { upsert: true });
  }
}

/** Returns how many logins were deleted. */
export async function deleteLoginsWhere(models: Models, filter: LoginFilter): Promise<number> {
  await revokeTokensWhere(models, filter);
  return (await driverCollection(models.logins).deleteMany(filter)).deletedCount;
}

/** Returns how many documents were found, at most `limit`. */
async function deleteExpired<T extends { _id: string; expiresAt: string }>(
  model: Model<T>,
  expired: mongo.Filter<T>,
  limit: number,
): Promise<number> {
  const collection = driverCollection(model);
  const found = await collection
    .find(expired, { projection: { _id: 1 } })
    .limit(limit)
    .toArray();
  // Checked again, as a login may have been refreshed meanwhile.
  await collection.deleteMany({ ...expired, _id: { $in: found.map(({ _id }) => _id) } });
  return found.length;
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
