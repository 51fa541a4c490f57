import type { Connection } from 'mongoose';
import { type Models, NOT_DELETED } from '../../models/models';
import type { SessionDocument } from '../../models/sessionModel';
import { CanonicalNames, type Renaming, refuseCollisions, type StoredName } from '../canonicalNames';
import type { OnSchemaChange } from '../databaseHealth';
import { violatedIndex } from './errors';
import type { Purge } from './purge';

/** Holds one document for each migration that is complete. */
const COLLECTION = 'migrations';
const MIGRATION_ID = 'canonical-names';
/** The only migration so far. */
const SCHEMA_CHANGE = { from: 0, to: 1, steps: ['1: one form of each email and session id'] };

/**
 * Renames emails and session ids to their canonical forms, once for each database. Throws `UnusableDatabase`, having changed nothing, if
 * two documents would get the same one. Earlier versions stored these texts as clients wrote them; all other ids were created by the
 * server, in small letters. Idempotent, so that a crash does no harm.
 */
export async function renameToCanonical(
  connection: Connection,
  models: Models,
  purge: Purge,
  onChange: OnSchemaChange = () => {},
): Promise<void> {
  const migrations = connection.getClient().db().collection<{ _id: string; completedAt: string }>(COLLECTION);
  if (await migrations.findOne({ _id: MIGRATION_ID })) return;
  const startedAt = performance.now();
  const isNew = (await models.users.exists({})) === null;
  if (!isNew) onChange({ ...SCHEMA_CHANGE, milliseconds: null });
  // A deleted session or user must not hold a name that another one gets.
  await purge.freeNames();
  const { emails, sessions } = await findNames(models);
  refuseCollisions(emails, sessions);
  for (const { from, to } of emails.renamings) {
    await models.users.updateOne({ email: from }, { $set: { email: to } });
  }
  for (const renaming of sessions.renamings) await renameSession(models, renaming);
  const completedAt = new Date().toISOString();
  await migrations.replaceOne({ _id: MIGRATION_ID }, { completedAt }, { upsert: true });
  if (!isNew) onChange({ ...SCHEMA_CHANGE, milliseconds: Math.round(performance.now() - startedAt) });
}

/** True if the database has emails or session ids that are not in their canonical forms. */
export async function hasOtherNames(models: Models): Promise<boolean> {
  const { emails, sessions } = await findNames(models);
  return emails.renamings.length + sessions.renamings.length > 0;
}

async function findNames(models: Models): Promise<{ emails: CanonicalNames; sessions: CanonicalNames }> {
  const findUsers = async (email: RegExp | { $in: string[] }): Promise<StoredName[]> => {
    const found = await models.users.find({ email, ...NOT_DELETED }).lean();
    return found.map((user) => ({ name: user.email, owner: user.username }));
  };
  const emails = CanonicalNames.ofEmails(await findUsers(/[^!-~]|[A-Z]/));
  emails.addAll(await findUsers({ $in: emails.targets }));

  const found = await models.sessions.find({ _id: /[A-F]/, ...NOT_DELETED }).lean();
  const sessions = CanonicalNames.ofSessions(await withOwners(models, found));
  const keys = new Set(found.map(({ key }) => key));
  const existing = await models.sessions.find({ _id: { $in: sessions.targets }, ...NOT_DELETED }).lean();
  // One with the same key was inserted by a renaming that was interrupted.
  const others = existing.filter(({ key }) => !keys.has(key));
  sessions.addAll(await withOwners(models, others));
  return { emails, sessions };
}

async function withOwners({ users }: Models, sessions: readonly SessionDocument[]): Promise<StoredName[]> {
  const ids = new Set(sessions.map(({ userId }) => userId));
  const owners = await users.find({ _id: { $in: [...ids] } }).lean();
  const names = new Map(owners.map(({ _id, username }) => [_id, username]));
  return sessions.map(({ _id, userId }) => ({ name: _id, owner: names.get(userId) ?? userId }));
}

/** An `_id` can't change, so the session is inserted again with the same key, by which its messages belong to it. */
async function renameSession({ sessions, messages }: Models, { from, to }: Renaming): Promise<void> {
  const found = await sessions.findOne({ _id: from }).lean();
  if (!found) return;
  const { key } = found;
  try {
    await sessions.insertMany([{ ...found, _id: to }]);
  } catch (error) {
    // An interrupted renaming has inserted it.
    if (violatedIndex(error) === null) throw error;
  }
  await messages.updateMany({ sessionKey: key }, { $set: { sessionId: to } });
  await sessions.deleteOne({ _id: from, key });
}
