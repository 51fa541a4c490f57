import type { NewSession } from '../../domain/session';
import { previewOf, type Session, type SessionState } from '../../domain/session';
import type { SessionStore } from '../chatStore';
import { planSessionPage, type SessionPlace, toSessionPage } from '../sessionPages';
import { NOT_DELETED } from './deletions';
import { integer, mapRow, type Row, type SqliteDatabase, text, textOrNull } from './driver';
import type { SyncOperations } from './protocol';

/** A session, and the key that its messages are stored under. */
export interface SessionRow {
  key: number;
  session: SessionState;
  /** Known if the last message was stored since the row was read. */
  lastMessageId?: string;
}

/** The queries on the table of sessions that are shared with the operations on messages. */
export function createSessionTable(database: SqliteDatabase) {
  const byId = database.prepare(`SELECT * FROM sessions WHERE id = ? AND user_id ${NOT_DELETED}`);
  const removeLeftover = database.prepare(
    'DELETE FROM sessions WHERE id = ? AND user_id IN (SELECT id FROM deleted_users)',
  );
  const insert = database.prepare(
    `INSERT INTO sessions (id, user_id, name, created_at, active_at, last_seq)
     SELECT ?, id, ?, ?, ?, 0 FROM users WHERE id = ? AND id ${NOT_DELETED} RETURNING *`,
  );

  return {
    /** Returns the session with this id, of any user. */
    find(sessionId: string): SessionRow | null {
      return mapRow(byId.get(sessionId), toSessionRow);
    },
    /** Null if the user does not exist: a socket may outlive its account for a moment. */
    insert({ id, userId, name, createdAt }: NewSession): SessionRow | null {
      removeLeftover.run(id);
      return mapRow(insert.get(id, name, createdAt, createdAt, userId), toSessionRow);
    },
  };
}

/** All columns, and the content of the last message, from which the preview is derived: messages don't have to write it. */
const WITH_LAST_MESSAGE = `*, (SELECT content FROM messages WHERE place = (sessions.key << 32) | sessions.last_seq) AS last_content`;

/** The operations on sessions. The caller holds the write lock for those that write. */
export function createSessionOperations(database: SqliteDatabase): Pick<SyncOperations, keyof SessionStore> {
  const table = createSessionTable(database);
  const listed = `SELECT ${WITH_LAST_MESSAGE} FROM sessions
     WHERE user_id = ? AND user_id ${NOT_DELETED} AND archived = ? AND pinned >= ? AND (read_seq < last_seq) >= ?`;
  const olderThan = database.prepare(
    `${listed} AND (active_at, id) < (?, ?) ORDER BY active_at DESC, id DESC LIMIT ?`,
  );
  const activeAfter = database.prepare(
    `${listed} AND (active_at, id) > (?, ?) ORDER BY active_at, id LIMIT ?`,
  );
  const ownSession = `id = ? AND user_id = ? AND user_id ${NOT_DELETED}`;
  const find = database.prepare(`SELECT ${WITH_LAST_MESSAGE} FROM sessions WHERE ${ownSession}`);
  const update = database.prepare(
    `UPDATE sessions SET name = coalesce(?, name), pinned = coalesce(?, pinned), archived = coalesce(?, archived)
     WHERE ${ownSession} AND name IS coalesce(?, name) RETURNING ${WITH_LAST_MESSAGE}`,
  );
  const advance = database.prepare(
    `UPDATE sessions SET read_seq = min(?1, last_seq)
     WHERE id = ?2 AND user_id = ?3 AND user_id ${NOT_DELETED} AND read_seq < min(?1, last_seq)
     RETURNING ${WITH_LAST_MESSAGE}`,
  );
  const remove = database.prepare(`DELETE FROM sessions WHERE ${ownSession} RETURNING ${WITH_LAST_MESSAGE}`);
  const findSession = (userId: string, sessionId: string) => mapRow(find.get(sessionId, userId), toSession);

  return {
    listSessions(userId, page, now) {
      const plan = planSessionPage(page, now);
      const filter = [page.archived, page.pinned, page.unread].map((value) => Number(value ?? false));
      const read = (query: typeof olderThan, place: SessionPlace | null) =>
        place ? query.all(userId, ...filter, place.activeAt, place.id, plan.limit + 1) : [];
      const older = read(olderThan, plan.olderThan);
      const active = older.length > plan.limit ? [] : read(activeAfter, plan.activeAfter);
      const { sessions, nextCursor } = toSessionPage(plan, older, active, placeOf);
      return { sessions: sessions.map(toSession), nextCursor };
    },
    findSession,
    openSession(newSession) {
      const found = table.find(newSession.id);
      if (!found) {
        const created = table.insert(newSession);
        return created && { session: { ...created.session, preview: null }, created: true };
      }
      const own = findSession(newSession.userId, newSession.id);
      return own && { session: own, created: false };
    },
    updateSession(userId, sessionId, { name, pinned, archived }, expectedName) {
      const changes = [name ?? null, flag(pinned), flag(archived)] as const;
      return mapRow(update.get(...changes, sessionId, userId, expectedName ?? null), toSession);
    },
    markRead(userId, sessionId, seq) {
      const advanced = mapRow(advance.get(seq, sessionId, userId), toSession);
      const session = advanced ?? findSession(userId, sessionId);
      return session && { session, advanced: advanced !== null };
    },
    deleteSession: (userId, sessionId) => mapRow(remove.get(sessionId, userId), toSession),
  };
}

function placeOf(row: Row): SessionPlace {
  return { activeAt: text(row.active_at), id: text(row.id) };
}

export function toSessionRow(row: Row): SessionRow {
  return { key: integer(row.key), session: toSessionState(row) };
}

function toSession(row: Row): Session {
  const content = textOrNull(row.last_content);
  return { ...toSessionState(row), preview: content === null ? null : previewOf(content) };
}

/** Null leaves the column as it is. */
function flag(value: boolean | undefined): number | null {
  return value === undefined ? null : Number(value);
}

export function toSessionState(row: Row): SessionState {
  return {
    id: text(row.id),
    userId: text(row.user_id),
    name: textOrNull(row.name),
    createdAt: text(row.created_at),
    lastMessageAt: textOrNull(row.last_message_at),
    lastSeq: integer(row.last_seq),
    readSeq: integer(row.read_seq),
    pinned: integer(row.pinned) === 1,
    archived: integer(row.archived) === 1,
  };
}
