import type { Session } from '../../domain/session';
import type { NewSession } from '../chatStore';
import { integer, mapRow, type Row, type SqliteDatabase, text, textOrNull } from './driver';

/** A session and the key under which its messages are kept. */
export interface SessionRow {
  key: number;
  session: Session;
}

/** What both sessions and messages need of the table of sessions. */
export function sessionRowsOf(database: SqliteDatabase) {
  const byId = database.prepare('SELECT * FROM sessions WHERE id = ?');
  const insert = database.prepare(
    `INSERT INTO sessions (id, user_id, name, created_at, active_at, last_seq)
     SELECT ?, id, ?, ?, ?, 0 FROM users WHERE id = ? RETURNING *`,
  );

  return {
    /** Returns the session with this id, whoever it belongs to. */
    find(sessionId: string): SessionRow | null {
      const row = byId.get(sessionId);
      return mapRow(row, toSessionRow);
    },
    /** Null if the user is gone: a socket may outlive its account for a moment. */
    insert({ id, userId, name, createdAt }: NewSession): SessionRow | null {
      return mapRow(insert.get(id, name, createdAt, createdAt, userId), toSessionRow);
    },
  };
}

export function toSessionRow(row: Row): SessionRow {
  return { key: integer(row.key), session: toSession(row) };
}

export function toSession(row: Row | undefined): Session {
  return {
    id: text(row?.id),
    userId: text(row?.user_id),
    name: textOrNull(row?.name),
    createdAt: text(row?.created_at),
    lastMessageAt: textOrNull(row?.last_message_at),
    lastSeq: integer(row?.last_seq),
  };
}
