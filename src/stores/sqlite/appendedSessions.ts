import type { Session } from '../../domain/session';
import type { SqliteDatabase } from './driver';
import { type SessionRow, sessionRowsOf } from './sessionRows';

/** What a message changes in its session. */
type Change = Pick<Session, 'name' | 'lastMessageAt' | 'lastSeq'>;

/**
 * The sessions that the transaction under way appends to. Each is read once and written back once, however many messages it
 * gets: a shared commit costs by the rows it touches.
 */
export class AppendedSessions {
  private readonly known = new Map<string, SessionRow>();
  private readonly changed = new Set<string>();
  private readonly rows: ReturnType<typeof sessionRowsOf>;
  private readonly update;

  constructor(database: SqliteDatabase) {
    this.rows = sessionRowsOf(database);
    this.update = database.prepare(
      'UPDATE sessions SET last_seq = ?, last_message_at = ?, active_at = ?, name = ? WHERE key = ?',
    );
  }

  /** Returns the session with this id, whoever it belongs to. */
  find(sessionId: string): SessionRow | null {
    const known = this.known.get(sessionId);
    if (known) return known;
    const found = this.rows.find(sessionId);
    if (found) this.known.set(sessionId, found);
    return found;
  }

  /** Makes the session; null if the user is gone. */
  make(session: { id: string; userId: string; createdAt: string }): SessionRow | null {
    const made = this.rows.insert({ ...session, name: null });
    if (made) this.known.set(session.id, made);
    return made;
  }

  /** Notes what a message has changed, and returns the session as it is now. */
  change({ key, session }: SessionRow, change: Change): Session {
    const changed = { ...session, ...change };
    this.known.set(session.id, { key, session: changed });
    this.changed.add(session.id);
    return changed;
  }

  /** Writes back what was appended: before anything else looks at the sessions, and before the commit. */
  writeBack(): void {
    for (const id of this.changed) {
      const row = this.known.get(id);
      if (!row) continue;
      const { lastSeq, lastMessageAt, name } = row.session;
      this.update.run(lastSeq, lastMessageAt, lastMessageAt, name, row.key);
    }
    this.forget();
  }

  /** Forgets what was appended: the transaction is over, or others may have changed the sessions. */
  forget(): void {
    this.changed.clear();
    this.known.clear();
  }
}
