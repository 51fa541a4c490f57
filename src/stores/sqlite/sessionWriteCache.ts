import type { SessionState } from '../../domain/session';
import type { SqliteDatabase, SqlValue } from './driver';
import { createSessionTable, type SessionRow } from './sessions';

/** The fields of a session that a message changes. */
type Change = Partial<Pick<SessionState, 'name' | 'lastMessageAt' | 'lastSeq' | 'readSeq' | 'archived'>>;

/** The largest number of cached sessions, some 500 bytes each. */
export const MAX_CACHED_SESSIONS = 5_000;

/**
 * The sessions that messages are appended to. Each changed session is written once per transaction, however many messages it gets,
 * as the cost of a shared commit depends on the rows that it touches. A session stays cached until anything else writes to the database.
 */
export class SessionWriteCache {
  private readonly cached = new Map<string, SessionRow>();
  private readonly changed = new Set<string>();
  private readonly table: ReturnType<typeof createSessionTable>;
  private readonly update;
  private readonly dataVersion;
  private version: SqlValue | undefined;

  constructor(database: SqliteDatabase) {
    this.table = createSessionTable(database);
    this.update = database.prepare(
      `UPDATE sessions SET last_seq = ?1, last_message_at = ?2, active_at = ?2, name = ?3, read_seq = ?4, archived = ?5
       WHERE key = ?6`,
    );
    // Changes whenever another connection has written: https://sqlite.org/pragma.html#pragma_data_version
    this.dataVersion = database.prepare('PRAGMA data_version');
  }

  /** Starts a transaction. Keeps the sessions of earlier ones if they are still valid. The caller holds the write lock. */
  begin(): void {
    const version = this.dataVersion.get()?.data_version;
    if (version !== this.version || this.cached.size > MAX_CACHED_SESSIONS) this.clear();
    this.version = version;
  }

  /** Returns the session with this id, of any user. */
  find(sessionId: string): SessionRow | null {
    const cached = this.cached.get(sessionId);
    if (cached) return cached;
    const found = this.table.find(sessionId);
    if (found) this.cached.set(sessionId, found);
    return found;
  }

  /** Creates the session. Null if the user does not exist. */
  create(session: { id: string; userId: string; createdAt: string }): SessionRow | null {
    const created = this.table.insert({ ...session, name: null });
    if (created) this.cached.set(session.id, created);
    return created;
  }

  /** Changes the session in memory, as its last message is now the one with this id. Returns its new state. */
  change({ key, session }: SessionRow, lastMessageId: string, change: Change): SessionState {
    const changed = { ...session, ...change };
    this.cached.set(session.id, { key, session: changed, lastMessageId });
    this.changed.add(session.id);
    return changed;
  }

  /** Writes the changed sessions, before anything else reads them and before the commit. */
  flush(): void {
    for (const id of this.changed) {
      const row = this.cached.get(id);
      if (!row) continue;
      const { lastSeq, lastMessageAt, name, readSeq, archived } = row.session;
      this.update.run(lastSeq, lastMessageAt, name, readSeq, archived ? 1 : 0, row.key);
    }
    this.changed.clear();
  }

  /** For an operation that may change sessions itself. */
  flushAndClear(): void {
    this.flush();
    this.clear();
  }

  /** Discards all cached sessions and unwritten changes. */
  clear(): void {
    this.changed.clear();
    this.cached.clear();
  }
}
