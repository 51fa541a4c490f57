import type { DraftEnd, DraftFence, DraftKey, DraftStore, StoredDraft } from '../chatStore';
import { placeOfVariant } from '../messageOrder';
import { NOT_DELETED } from './deletions';
import { integer, mapRow, type Row, type SqliteDatabase, text, textOrNull, UUID } from './driver';
import type { SyncOperations } from './protocol';
import { createSessionTable } from './sessions';

/** Ends drafts within the transaction that stores their reply. */
export function createDraftEnd(database: SqliteDatabase) {
  const removeFenced = database.prepare(
    'DELETE FROM drafts WHERE reply_to = ? AND variant = ? AND owner = ? AND attempt = ?',
  );
  const remove = database.prepare('DELETE FROM drafts WHERE reply_to = ? AND variant = 1');
  return {
    /** False if the fence is no longer valid. */
    end: ({ replyTo, variant, owner, attempt }: DraftFence) =>
      removeFenced.run(replyTo, variant, owner, attempt).changes !== 0,
    /** Removes the draft, if there is one, of any owner. */
    discard: (replyTo: string) => void remove.run(replyTo),
  };
}

/** The operations on drafts. The caller holds the write lock for those that write. */
export function createDraftOperations(database: SqliteDatabase): Pick<SyncOperations, keyof DraftStore> {
  const sessions = createSessionTable(database);
  const select = `SELECT drafts.*, sessions.id AS session_id, sessions.user_id
    FROM drafts JOIN sessions ON sessions.key = drafts.session`;
  const byKey = database.prepare(`${select} WHERE reply_to = ? AND variant = ?`);
  const ofSession = database.prepare(`${select} WHERE sessions.id = ? AND sessions.user_id ${NOT_DELETED}`);
  const ofOwner = database.prepare('SELECT reply_to, variant, attempt, stop FROM drafts WHERE owner = ?');
  const isUnanswered = database.prepare(
    `SELECT 1 FROM messages WHERE id = ${UUID} AND sender = 0 AND reply_seq IS NULL AND place >> 32 = ?`,
  );
  // The first index to narrow it down would be the one of places, which has all messages of the session.
  const earlierUnanswered = database.prepare(
    `SELECT 1 FROM messages INDEXED BY messages_unanswered
     WHERE id < ${UUID} AND sender = 0 AND reply_seq IS NULL AND place >> 32 = ? LIMIT 1`,
  );
  const otherRunning = database.prepare(
    'SELECT 1 FROM drafts WHERE session = ? AND running AND (reply_to, variant) <> (?, ?)',
  );
  const insert = database.prepare(
    `INSERT INTO drafts (reply_to, variant, session, model, state, attempt, owner, running, take_overs, text, failures, stop, started_at, message_seq)
     VALUES (?, ?, ?, ?, 'asking', ?, ?, ?, 0, '', 0, ?, ?, ?)`,
  );
  const takeOver = database.prepare(
    `UPDATE drafts SET owner = ?, attempt = attempt + 1, take_overs = take_overs + ?, model = coalesce(?, model), running = ?, state = 'asking'
     WHERE reply_to = ? AND variant = ?`,
  );
  const setStop = database.prepare('UPDATE drafts SET stop = 1 WHERE reply_to = ? AND variant = ?');
  const change = database.prepare(
    `UPDATE drafts SET state = coalesce(?, state), text = coalesce(?, text), failures = coalesce(?, failures),
       not_before = coalesce(?, not_before), owner = iif(?, NULL, owner), running = iif(?, 0, running), ended = ?
     WHERE reply_to = ? AND variant = ? AND owner = ? AND attempt = ?`,
  );

  const newestDraft = database.prepare(
    'SELECT variant, ended FROM drafts WHERE reply_to = ? ORDER BY variant DESC LIMIT 1',
  );
  const newestVariant = database.prepare(
    `SELECT extra ->> 'variant' AS variant FROM messages WHERE variant_of = ${UUID} ORDER BY extra ->> 'variant' DESC LIMIT 1`,
  );
  const userMessage = database.prepare(
    `SELECT place & 0xffffffff AS seq, reply_seq FROM messages
     WHERE place > ? << 32 AND place < (? + 1) << 32 AND id = ${UUID} AND sender = 0 ORDER BY place DESC LIMIT 1`,
  );

  const find = ({ replyTo, variant }: DraftKey) => mapRow(byKey.get(replyTo, variant), toDraft);

  /** The key of the session if the message is in it and needs the reply; null if not. A later variant is needed if it is queued. */
  function openSession(userId: string, sessionId: string, { replyTo, variant }: DraftKey): number | null {
    const found = sessions.find(sessionId);
    if (found?.session.userId !== userId) return null;
    if (variant === 1) return isUnanswered.get(replyTo, found.key) ? found.key : null;
    return find({ replyTo, variant })?.ended === null ? found.key : null;
  }

  /** The newest variant of the reply, and whether it is still to come. */
  function findNewest(replyTo: string, replySeq: unknown) {
    const draft = newestDraft.get(replyTo);
    const drafted = draft ? integer(draft.variant) : 1;
    const stored = integer(newestVariant.get(replyTo)?.variant ?? 1);
    const isOpen = drafted > stored ? draft?.ended === null : typeof replySeq !== 'number';
    return { variant: Math.max(drafted, stored), isOpen };
  }

  /** True if no other reply of the session is being made, or has to be made before. */
  function isFirst(session: number, { replyTo, variant }: DraftKey): boolean {
    return !otherRunning.get(session, replyTo, variant) && !earlierUnanswered.get(replyTo, session);
  }

  return {
    claimDraft(claim) {
      const { userId, sessionId, owner, now, model = null, inTurn, ...key } = claim;
      const session = openSession(userId, sessionId, key);
      if (session === null) return null;
      if (inTurn && !isFirst(session, key)) return 'busy';
      const { replyTo, variant } = key;
      const found = find(key);
      if (found) takeOver.run(owner, isTakenOver(found, owner), model, Number(inTurn), replyTo, variant);
      else insert.run(replyTo, variant, session, model, 1, owner, Number(inTurn), 0, now, null);
      return find(key);
    },

    writeDraft(fence, { state = null, text = null, failures = null, notBefore = null, isReleased, ended }) {
      const released = isReleased || ended ? 1 : 0;
      const end = ended ? JSON.stringify(ended) : null;
      const values = [state, text, failures, notBefore, released, released, end] as const;
      return change.run(...values, ...fenceValues(fence)).changes !== 0;
    },

    queueVariant({ userId, sessionId, replyTo, variant }, now) {
      const found = sessions.find(sessionId);
      if (found?.session.userId !== userId) return null;
      const message = userMessage.get(found.key, found.key, replyTo);
      if (!message) return null;
      const place = placeOfVariant(variant, findNewest(replyTo, message.reply_seq));
      if (place !== 'next') return place;
      insert.run(replyTo, variant, found.key, null, 0, null, 0, 0, now, integer(message.seq));
      return 'queued';
    },

    requestStop({ userId, sessionId, ...key }, now) {
      const session = openSession(userId, sessionId, key);
      if (session === null) return null;
      const { replyTo, variant } = key;
      if (setStop.run(replyTo, variant).changes === 0) {
        insert.run(replyTo, variant, session, null, 0, null, 0, 1, now, null);
      }
      return find(key);
    },

    findDrafts: (sessionIds) => sessionIds.flatMap((id) => ofSession.all(id).map(toDraft)),

    findOwnDrafts: (owner) =>
      ofOwner.all(owner).map((row) => ({
        replyTo: text(row.reply_to),
        variant: integer(row.variant),
        attempt: integer(row.attempt),
        stop: row.stop === 1,
      })),
  };
}

/** 1 if the draft is claimed from an owner that has died. */
function isTakenOver(found: StoredDraft, owner: string): number {
  return found.owner !== null && found.owner !== owner ? 1 : 0;
}

function fenceValues({ replyTo, variant, owner, attempt }: DraftFence) {
  return [replyTo, variant, owner, attempt] as const;
}

function toDraft(row: Row): StoredDraft {
  return {
    replyTo: text(row.reply_to),
    variant: integer(row.variant),
    userId: text(row.user_id),
    sessionId: text(row.session_id),
    model: textOrNull(row.model),
    state: stateOf(text(row.state)),
    attempt: integer(row.attempt),
    owner: textOrNull(row.owner),
    takeOvers: integer(row.take_overs),
    text: text(row.text),
    details: {},
    failures: integer(row.failures),
    notBefore: textOrNull(row.not_before),
    stop: row.stop === 1,
    ended: typeof row.ended === 'string' ? endOf(JSON.parse(row.ended)) : null,
    startedAt: text(row.started_at),
  };
}

function endOf({ finish, error }: DraftEnd): DraftEnd {
  return { finish, ...(error && { error }) };
}

/** A draft is never stored as `finishing` here, because it ends in the transaction that stores its reply. */
function stateOf(state: string): StoredDraft['state'] {
  return state === 'writing' || state === 'waiting' ? state : 'asking';
}
