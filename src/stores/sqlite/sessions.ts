import { decodeCursor, encodeCursor } from '../sessionCursor';
import { type SqliteDatabase, text } from './driver';
import { sessionRowsOf, toSession } from './sessionRows';
import type { SyncStore } from './syncStore';

type Sessions = Pick<
  SyncStore,
  'listSessions' | 'findSession' | 'openSession' | 'renameSession' | 'deleteSession'
>;

/** Sorts after every activity time and id, so that the first page starts at the newest session. */
const BEFORE_THE_FIRST = { activeAt: '~', id: '~' };

/** Sessions. The caller holds the write lock wherever something is written. */
export function sessionsOf(database: SqliteDatabase): Sessions {
  const rows = sessionRowsOf(database);
  const page = database.prepare(
    `SELECT * FROM sessions WHERE user_id = ? AND (active_at, id) < (?, ?)
     ORDER BY active_at DESC, id DESC LIMIT ?`,
  );
  const setName = database.prepare('UPDATE sessions SET name = ? WHERE id = ? AND user_id = ? RETURNING *');
  const remove = database.prepare('DELETE FROM sessions WHERE id = ? AND user_id = ? RETURNING *');

  return {
    listSessions(userId, { limit, cursor }) {
      const { activeAt, id } = cursor === undefined ? BEFORE_THE_FIRST : decodeCursor(cursor);
      const found = page.all(userId, activeAt, id, limit + 1);
      const last = found.length > limit ? found[limit - 1] : undefined;
      return {
        sessions: found.slice(0, limit).map(toSession),
        nextCursor: last ? encodeCursor({ activeAt: text(last.active_at), id: text(last.id) }) : null,
      };
    },
    findSession(userId, sessionId) {
      const found = rows.find(sessionId);
      return found?.session.userId === userId ? found.session : null;
    },
    openSession(newSession) {
      const found = rows.find(newSession.id);
      if (!found) {
        const made = rows.insert(newSession);
        return made && { session: made.session, created: true };
      }
      return found.session.userId === newSession.userId ? { session: found.session, created: false } : null;
    },
    renameSession(userId, sessionId, name) {
      const row = setName.get(name, sessionId, userId);
      return row ? toSession(row) : null;
    },
    deleteSession(userId, sessionId) {
      const row = remove.get(sessionId, userId);
      return row ? toSession(row) : null;
    },
  };
}
