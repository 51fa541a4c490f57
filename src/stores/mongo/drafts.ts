import type { Collection, Connection } from 'mongoose';
import { rareFieldsOf } from '../../domain/message';
import { type DraftDocument, RUNNING_INDEX } from '../../models/messageModel';
import { driverCollection, type Models } from '../../models/models';
import type { SessionDocument } from '../../models/sessionModel';
import type {
  AnsweredMessage,
  DraftClaim,
  DraftFence,
  DraftKey,
  DraftStore,
  NewReply,
  StoredDraft,
} from '../chatStore';
import { placeOfVariant } from '../messageOrder';
import { violatedIndex } from './errors';
import type { MessageRepository } from './messages';
import type { Purge } from './purge';
import type { SessionRepository } from './sessions';

/** The largest number of drafts that a search for orphans looks at. The next search looks at the others. */
const MAX_ORPHANS = 100;

/** The documents of drafts, as far as storing and deleting messages has to know them. */
export class DraftRepository {
  private readonly drafts: Collection<DraftDocument>;
  private readonly nodes: Collection<{ _id: string; isDead: boolean }>;

  constructor(models: Models, connection: Connection) {
    this.drafts = driverCollection(models.drafts);
    this.nodes = connection.collection('nodes');
  }

  async isAlive(owner: string): Promise<boolean> {
    return (await this.nodes.findOne({ _id: owner, isDead: false })) !== null;
  }

  /**
   * Records what will be stored as the reply, so that a crash afterwards doesn't lose it. Idempotent. False if the fence is no longer
   * valid.
   */
  async beginFinish(fence: DraftFence, reply: NewReply): Promise<boolean> {
    const { variant: _, replaces: __, ...details } = rareFieldsOf(reply);
    const finishing = { state: 'finishing' as const, text: reply.content, details };
    const { matchedCount } = await this.drafts.updateOne(fenced(fence), { $set: finishing });
    return matchedCount > 0;
  }

  /** The reply is stored, or never will be. */
  async end(fence: DraftFence): Promise<void> {
    await this.drafts.deleteOne(fenced(fence));
  }

  /** Removes the drafts of first replies to messages that are answered. */
  async removeAnswered(messageIds: readonly string[]): Promise<void> {
    await this.drafts.deleteMany({
      _id: { $in: messageIds.map((replyTo) => idOf({ replyTo, variant: 1 })) },
    });
  }

  /** Later variants that wait to be made, by the oldest message. With `owner`, without those that another live owner makes. */
  async findQueued(limit: number, after: string, owner?: string): Promise<DraftDocument[]> {
    const alive = owner === undefined ? [] : await this.liveOwners();
    return this.drafts
      .find(
        {
          queued: true,
          replyTo: { $gt: after },
          ...(owner !== undefined && { owner: { $nin: alive.filter((each) => each !== owner) } }),
        },
        { projection: { text: 0 } },
      )
      .sort({ replyTo: 1 })
      .limit(limit)
      .toArray();
  }

  /** The newest draft of a reply to this message. */
  async findNewest(sessionId: string, replyTo: string): Promise<DraftDocument | null> {
    const [newest] = await this.drafts.find({ sessionId, replyTo }).sort({ variant: -1 }).limit(1).toArray();
    return newest ?? null;
  }

  /** Those of these messages that another live owner makes the first reply to. */
  async findTaken(messageIds: readonly string[], owner: string): Promise<Set<string>> {
    const ids = messageIds.map((replyTo) => idOf({ replyTo, variant: 1 }));
    const found = await this.drafts
      .find({ _id: { $in: ids }, owner: { $nin: [owner, null] } }, { projection: { text: 0 } })
      .toArray();
    if (found.length === 0) return new Set();
    const alive = new Set(await this.liveOwners());
    return new Set(found.flatMap((draft) => (alive.has(draft.owner ?? '') ? draft.replyTo : [])));
  }

  /** Drafts without a live owner. Those of deleted sessions are never claimed again. */
  async findUnowned(): Promise<DraftDocument[]> {
    const alive = await this.liveOwners();
    return this.drafts
      .find({ owner: { $nin: alive }, ended: { $exists: false } }, { projection: { text: 0 } })
      .limit(MAX_ORPHANS)
      .toArray();
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.drafts.deleteMany({ _id: { $in: [...ids] } });
  }

  private async liveOwners(): Promise<string[]> {
    const nodes = await this.nodes.find({ isDead: false }, { projection: { _id: 1 } }).toArray();
    return nodes.map(({ _id }) => _id);
  }
}

/** The operations on drafts. */
export function createDraftOperations(
  models: Models,
  repository: DraftRepository,
  sessions: SessionRepository,
  messages: MessageRepository,
): DraftStore {
  const drafts = driverCollection(models.drafts);

  /** The session, if the message is in it and needs the reply. A later variant is needed if it is queued. */
  async function openSession(
    userId: string,
    sessionId: string,
    { replyTo, variant }: DraftKey,
  ): Promise<SessionDocument | null> {
    const session = await sessions.find(sessionId);
    if (session?.userId !== userId) return null;
    const message = await messages.find(session.key, replyTo);
    if (variant === 1) return message?.unanswered ? session : null;
    return (await drafts.findOne({ _id: idOf({ replyTo, variant }), queued: true })) ? session : null;
  }

  /** The newest variant of the reply, and whether it is still to come. */
  async function findNewest({ message, reply, newestReply }: AnsweredMessage) {
    const draft = await repository.findNewest(message.sessionId, message.messageId);
    const stored = newestReply?.variant ?? 1;
    const drafted = draft?.variant ?? 1;
    const isOpen = drafted > stored ? draft?.ended === undefined : reply === null;
    return { variant: Math.max(drafted, stored), isOpen };
  }

  /** Another process may have stored the reply and removed its draft, or deleted the session, while this one was inserted. */
  async function isStillOpen({ replyTo, variant, sessionId, sessionKey }: DraftDocument): Promise<boolean> {
    const [session, reply] = await Promise.all([
      sessions.find(sessionId),
      messages.findReply(replyTo, variant),
    ]);
    return session?.key === sessionKey && reply === null;
  }

  async function insert(draft: DraftDocument): Promise<StoredDraft | 'busy' | null> {
    try {
      await drafts.insertOne(draft);
    } catch (error) {
      const index = violatedIndex(error);
      if (index === null) throw error;
      return index === RUNNING_INDEX ? 'busy' : null;
    }
    if (await isStillOpen(draft)) return toDraft(draft);
    await drafts.deleteOne({ _id: draft._id, owner: draft.owner, attempt: draft.attempt });
    return null;
  }

  async function takeOver(found: DraftDocument, claim: DraftClaim): Promise<StoredDraft | 'busy' | null> {
    const { _id, owner, attempt, state } = found;
    const isForeign = owner !== null && owner !== claim.owner;
    if (isForeign && (await repository.isAlive(owner))) return null;
    const isTaken = await isDone(
      drafts.updateOne({ _id, owner, attempt, state }, takeOverOf(found, claim, isForeign)),
    );
    if (isTaken !== true) return isTaken;
    const taken = await drafts.findOne({ _id, owner: claim.owner, attempt: attempt + 1 });
    return taken && toDraft(taken);
  }

  return {
    async claimDraft(claim) {
      const { userId, sessionId, owner, now, model, inTurn, ...key } = claim;
      const session = await openSession(userId, sessionId, key);
      if (!session) return null;
      const [found, isLater] = await Promise.all([
        drafts.findOne({ _id: idOf(key) }),
        inTurn && messages.hasEarlierUnanswered(session.key, key.replyTo),
      ]);
      if (isLater) return 'busy';
      if (found) return takeOver(found, claim);
      return insert({
        ...newDraft(session, key, now),
        owner,
        attempt: 1,
        model: model ?? null,
        ...(inTurn && { running: true }),
      });
    },

    async writeDraft(fence, { isReleased, ended, ...change }) {
      const isFree = isReleased || ended !== undefined;
      const { matchedCount } = await drafts.updateOne(
        { ...fenced(fence), state: { $ne: 'finishing' } },
        {
          $set: { ...change, ...(ended && { ended }), ...(isFree && { owner: null }) },
          ...(isFree && { $unset: { running: 1, ...(ended && { queued: 1 }) } }),
        },
        { ignoreUndefined: true },
      );
      return matchedCount > 0;
    },

    async queueVariant({ userId, sessionId, ...key }, now) {
      const session = await sessions.find(sessionId);
      const found = session?.userId === userId ? await messages.findAnswered(session.key, key.replyTo) : null;
      if (!session || !found) return null;
      const place = placeOfVariant(key.variant, await findNewest(found));
      if (place !== 'next') return place;
      if (await insert({ ...newDraft(session, key, now), queued: true })) return 'queued';
      // Another call has queued it meanwhile, or the session was deleted.
      return (await sessions.find(sessionId))?.key === session.key ? 'repeated' : null;
    },

    async requestStop({ userId, sessionId, ...key }, now) {
      for (;;) {
        const session = await openSession(userId, sessionId, key);
        if (!session) return null;
        const stopped = await drafts.findOneAndUpdate(
          { _id: idOf(key) },
          { $set: { stop: true } },
          { returnDocument: 'after' },
        );
        if (stopped) return toDraft(stopped);
        const inserted = await insert({ ...newDraft(session, key, now), stop: true });
        // Null if another process has claimed or answered it meanwhile.
        if (inserted !== null && inserted !== 'busy') return inserted;
      }
    },

    async findDrafts(sessionIds) {
      const found = await drafts.find({ sessionId: { $in: [...sessionIds] } }).toArray();
      const answered = await findAnswered(messages, found);
      return found.filter((draft) => !answered.has(draft._id)).map(toDraft);
    },

    async findOwnDrafts(owner) {
      const projection = { replyTo: 1, variant: 1, attempt: 1, stop: 1 };
      const found = await drafts.find({ owner }, { projection }).toArray();
      return found.map(({ replyTo, variant, attempt, stop }) => ({ replyTo, variant, attempt, stop }));
    },
  };
}

/**
 * Removes the drafts that remained of deleted sessions and answered messages. The reply of one that is `finishing` may have been
 * inserted after the messages of its deleted session were removed, so they are removed once more.
 */
export async function removeLeftoverDrafts(
  drafts: DraftRepository,
  sessions: SessionRepository,
  messages: MessageRepository,
  purge: Purge,
): Promise<void> {
  const unowned = await drafts.findUnowned();
  if (unowned.length === 0) return;
  const [existing, answered] = await Promise.all([
    sessions.findByKey([...new Set(unowned.map(({ sessionId }) => sessionId))]),
    findAnswered(messages, unowned),
  ]);
  const orphans = unowned.filter(({ sessionKey }) => !existing.has(sessionKey));
  for (const key of new Set(orphans.map(({ sessionKey }) => sessionKey))) await purge.discard(key);
  const leftovers = [...new Set([...orphans.map(({ _id }) => _id), ...answered])];
  if (leftovers.length > 0) await drafts.remove(leftovers);
}

/** The ids of those drafts whose reply is stored. */
async function findAnswered(
  messages: MessageRepository,
  drafts: readonly Pick<DraftDocument, '_id' | 'replyTo' | 'variant'>[],
): Promise<Set<string>> {
  if (drafts.length === 0) return new Set();
  const variants = drafts.filter(({ variant }) => variant > 1);
  const [first, ...others] = await Promise.all([
    messages.findReplies(drafts.map(({ replyTo }) => replyTo)),
    ...variants.map(({ replyTo, variant }) => messages.findReply(replyTo, variant)),
  ]);
  const isAnswered = ({ replyTo, variant }: DraftKey) => variant === 1 && first.has(replyTo);
  return new Set([
    ...drafts.filter(isAnswered).map(({ _id }) => _id),
    ...variants.filter((_, index) => others[index]).map(({ _id }) => _id),
  ]);
}

function takeOverOf({ state, model }: DraftDocument, claim: DraftClaim, isForeign: boolean) {
  const $set = {
    owner: claim.owner,
    model: claim.model ?? model,
    // The text of a draft that is finishing is final.
    state: state === 'finishing' ? state : ('asking' as const),
  };
  const $inc = { attempt: 1, takeOvers: isForeign ? 1 : 0 };
  if (claim.inTurn) return { $set: { ...$set, running: true as const }, $inc };
  return { $set, $inc, $unset: { running: '' as const } };
}

/** Null if the update found nothing, `busy` if another draft of the session is the running one. */
async function isDone(update: Promise<{ matchedCount: number }>): Promise<true | 'busy' | null> {
  try {
    return (await update).matchedCount > 0 || null;
  } catch (error) {
    if (violatedIndex(error) === RUNNING_INDEX) return 'busy';
    throw error;
  }
}

/** False if there is a document with this id. */
export async function isInserted(insert: Promise<unknown>): Promise<boolean> {
  try {
    await insert;
    return true;
  } catch (error) {
    if (violatedIndex(error)) return false;
    throw error;
  }
}

function idOf({ replyTo, variant }: DraftKey): string {
  return `${replyTo}.${variant}`;
}

function fenced(fence: DraftFence) {
  return { _id: idOf(fence), owner: fence.owner, attempt: fence.attempt };
}

function newDraft(
  { _id, key: sessionKey, userId }: SessionDocument,
  key: DraftKey,
  startedAt: string,
): DraftDocument {
  return {
    ...key,
    _id: idOf(key),
    sessionId: _id,
    sessionKey,
    userId,
    model: null,
    state: 'asking',
    attempt: 0,
    owner: null,
    takeOvers: 0,
    text: '',
    details: {},
    failures: 0,
    notBefore: null,
    stop: false,
    startedAt,
  };
}

function toDraft({ _id, sessionKey, running, queued, ended, ...draft }: DraftDocument): StoredDraft {
  return { ...draft, ended: ended ?? null };
}
