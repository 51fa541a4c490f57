import type { Session } from '../../domain/session';
import type { NewSession, SessionStore } from '../chatStore';
import { planSessionPage, type SessionPlace, toSessionPage } from '../sessionPages';
import { NOT_DELETED } from './deletions';
import { integer, mapRow, type Row, type SqliteDatabase, text, textOrNull } from './driver';
import type { SyncOperations } from './protocol';

/** A session, and the key that its messages are stored under. */
export interface SessionRow {
  key: number;
  session: Session;
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

/** The operations on sessions. The caller holds the write lock for those that write. */
export function createSessionOperations(database: SqliteDatabase): Pick<SyncOperations, keyof SessionStore> {
  const table = createSessionTable(database);
  const olderThan = database.prepare(
    `SELECT * FROM sessions WHERE user_id = ? AND user_id ${NOT_DELETED} AND (active_at, id) < (?, ?)
     ORDER BY active_at DESC, id DESC LIMIT ?`,
  );
  const activeAfter = database.prepare(
    `SELECT * FROM sessions WHERE user_id = ? AND user_id ${NOT_DELETED} AND (active_at, id) > (?, ?)
     ORDER BY active_at, id LIMIT ?`,
  );
  const read = (query: typeof olderThan, userId: string, place: SessionPlace | null, limit: number) =>
    place ? query.all(userId, place.activeAt, place.id, limit + 1) : [];
  const setName = database.prepare(
    `UPDATE sessions SET name = ? WHERE id = ? AND user_id = ? AND user_id ${NOT_DELETED} RETURNING *`,
  );
  const remove = database.prepare(
    `DELETE FROM sessions WHERE id = ? AND user_id = ? AND user_id ${NOT_DELETED} RETURNING *`,
  );

  return {
    listSessions(userId, page, now) {
      const plan = planSessionPage(page, now);
      const older = read(olderThan, userId, plan.olderThan, plan.limit);
      const active = older.length > plan.limit ? [] : read(activeAfter, userId, plan.activeAfter, plan.limit);
      const { sessions, nextCursor } = toSessionPage(plan, older, active, placeOf);
      return { sessions: sessions.map(toSession), nextCursor };
    },
    findSession(userId, sessionId) {
      const found = table.find(sessionId);
      return found?.session.userId === userId ? found.session : null;
    },
    openSession(newSession) {
      const found = table.find(newSession.id);
      if (!found) {
        const created = table.insert(newSession);
        return created && { session: created.session, created: true };
      }
      return found.session.userId === newSession.userId ? { session: found.session, created: false } : null;
    },
    renameSession: (userId, sessionId, name) => mapRow(setName.get(name, sessionId, userId), toSession),
    deleteSession: (userId, sessionId) => mapRow(remove.get(sessionId, userId), toSession),
  };
}

function placeOf(row: Row): SessionPlace {
  return { activeAt: text(row.active_at), id: text(row.id) };
}

export function toSessionRow(row: Row): SessionRow {
  return { key: integer(row.key), session: toSession(row) };
}

export function toSession(row: Row): Session {
  return {
    id: text(row.id),
    userId: text(row.user_id),
    name: textOrNull(row.name),
    createdAt: text(row.created_at),
    lastMessageAt: textOrNull(row.last_message_at),
    lastSeq: integer(row.last_seq),
  };
}
