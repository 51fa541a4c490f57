import type { Session } from '../../domain/session';
import type { SqliteDatabase, SqlValue } from './driver';
import { type SessionRow, sessionRowsOf } from './sessionRows';

/** What a message changes in its session. */
type Change = Pick<Session, 'name' | 'lastMessageAt' | 'lastSeq'>;

/** Sessions that are remembered: some 500 bytes each. */
export const MAX_KNOWN = 5_000;

/**
 * The sessions that messages are appended to. Each is written back once in a transaction, however many messages it gets: a
 * shared commit costs by the rows it touches. And it is read once, until something else writes in the database.
 */
export class AppendedSessions {
  private readonly known = new Map<string, SessionRow>();
  private readonly changed = new Set<string>();
  private readonly rows: ReturnType<typeof sessionRowsOf>;
  private readonly update;
  private readonly dataVersion;
  private version: SqlValue | undefined;

  constructor(database: SqliteDatabase) {
    this.rows = sessionRowsOf(database);
    this.update = database.prepare(
      'UPDATE sessions SET last_seq = ?, last_message_at = ?, active_at = ?, name = ? WHERE key = ?',
    );
    // Changes whenever another connection has written: https://sqlite.org/pragma.html#pragma_data_version
    this.dataVersion = database.prepare('PRAGMA data_version');
  }

  /** Begins with what is known of an earlier transaction, if that is still so. The caller holds the write lock. */
  begin(): void {
    const version = this.dataVersion.get()?.data_version;
    if (version !== this.version || this.known.size > MAX_KNOWN) this.forget();
    this.version = version;
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

  /** Writes back what was appended: before anything else looks at sessions, and before the commit. */
  writeBack(): void {
    for (const id of this.changed) {
      const row = this.known.get(id);
      if (!row) continue;
      const { lastSeq, lastMessageAt, name } = row.session;
      this.update.run(lastSeq, lastMessageAt, lastMessageAt, name, row.key);
    }
    this.changed.clear();
  }

  /** Leaves the sessions to an operation that may change them. */
  handOver(): void {
    this.writeBack();
    this.forget();
  }

  /** Forgets all sessions: others may change them, or what was appended isn't kept. */
  forget(): void {
    this.changed.clear();
    this.known.clear();
  }
}
