import { PortionSize } from '../databaseHealth';
import {
  CHECKPOINT_PAGES,
  integer,
  mapRow,
  type Row,
  rollBack,
  type SqliteDatabase,
  setBusyTimeout,
  text,
} from './driver';

/** A condition on the id of a user, in SQL: the rows of a deleted user stay until they are purged, but nobody may see them. */
export const NOT_DELETED = 'NOT IN (SELECT id FROM deleted_users)';

/** Other jobs wait for one portion at most. */
const PORTION = { initial: 200, min: 16, max: 10_000, targetMs: 10 };

/**
 * Length of the write-ahead log at which the purge copies it to the database, in pages of 4 KB. For 4,000 pages, writing and syncing
 * was measured to take 120 ms.
 */
const PORTION_LOG_PAGES = 500;
/** Pages of the write-ahead log that are not yet in the database. Above it, a reader such as a backup keeps the log from being reused. */
const MAX_LOG_PAGES = 2 * CHECKPOINT_PAGES;
/** How long to wait for such a reader, in milliseconds. */
const READER_WAIT_MS = 1_000;

/**
 * Removes the rows of deleted sessions and users, in portions. A deletion itself only records what was deleted, as its commit must not
 * take longer the more rows there are; the records outlast a crash.
 */
export class Purge {
  private readonly size = new PortionSize(PORTION);
  private readonly nextSession;
  private readonly nextUser;
  private readonly firstSeq;
  private readonly deleteMessages;
  private readonly deleteSessions;
  private readonly deleteUsage;
  private readonly forgetSession;
  private readonly forgetUser;
  private readonly deleteUser;
  private readonly logState;

  constructor(private readonly database: SqliteDatabase) {
    this.nextSession = database.prepare('SELECT key FROM deleted_sessions LIMIT 1');
    this.nextUser = database.prepare('SELECT id FROM deleted_users LIMIT 1');
    this.firstSeq = database.prepare(
      `SELECT place & 0xffffffff AS seq FROM messages WHERE place > ?1 << 32 AND place < (?1 + 1) << 32
       ORDER BY place LIMIT 1`,
    );
    this.deleteMessages = database.prepare(
      'DELETE FROM messages WHERE place >= (?1 << 32) | ?2 AND place < ((?1 << 32) | ?2) + ?3 AND place >> 32 = ?1',
    );
    // A trigger records each of them as deleted.
    this.deleteSessions = database.prepare(
      'DELETE FROM sessions WHERE key IN (SELECT key FROM sessions WHERE user_id = ? LIMIT ?)',
    );
    this.deleteUsage = database.prepare(
      `DELETE FROM usage WHERE (reply_to, variant, attempt) IN
         (SELECT reply_to, variant, attempt FROM usage WHERE user_id = ? LIMIT ?)`,
    );
    this.forgetSession = database.prepare('DELETE FROM deleted_sessions WHERE key = ?');
    this.forgetUser = database.prepare('DELETE FROM deleted_users WHERE id = ?');
    this.deleteUser = database.prepare('DELETE FROM users WHERE id = ?');
    // Reads the state without a checkpoint: https://sqlite.org/pragma.html#pragma_wal_checkpoint
    this.logState = database.prepare('PRAGMA wal_checkpoint(NOOP)');
  }

  /**
   * Removes a portion in a transaction of its own, and returns the number of milliseconds to wait before the next one; null if nothing
   * is left. Doesn't wait for the write lock. `busyTimeout` is restored afterwards.
   */
  runPortion(busyTimeout: 'normal' | 'short'): number | null {
    if (!this.nextSession.get() && !this.nextUser.get()) return null;
    if (this.logPages() > MAX_LOG_PAGES) return READER_WAIT_MS;
    const startedAt = performance.now();
    setBusyTimeout(this.database, 'none');
    // Losing a portion in a power failure does no harm, and waiting for the disk would make others wait, too.
    this.database.exec('PRAGMA synchronous = NORMAL');
    try {
      this.database.exec('BEGIN IMMEDIATE');
      this.removeRows(this.size.rows);
      this.database.exec('COMMIT');
      if (this.logPages() > PORTION_LOG_PAGES) this.database.exec('PRAGMA wal_checkpoint(PASSIVE)');
    } catch (error) {
      rollBack(this.database);
      throw error;
    } finally {
      this.database.exec('PRAGMA synchronous = FULL');
      setBusyTimeout(this.database, busyTimeout);
    }
    const elapsed = performance.now() - startedAt;
    this.size.adaptTo(elapsed);
    // At least half of the time is left to other jobs.
    return elapsed;
  }

  private removeRows(limit: number): void {
    for (let remaining = limit; remaining > 0; ) {
      const session = mapRow(this.nextSession.get(), ({ key }) => integer(key));
      const user = session === null ? mapRow(this.nextUser.get(), ({ id }) => text(id)) : null;
      if (session !== null) remaining -= this.removeMessages(session, remaining);
      else if (user !== null) remaining -= this.removeOfUser(user, remaining);
      else return;
    }
  }

  /** Removes messages of a deleted session or, if none is left, its record. Returns the number of rows. */
  private removeMessages(session: number, limit: number): number {
    const seq = mapRow(this.firstSeq.get(session), ({ seq }: Row) => integer(seq));
    if (seq !== null) return Number(this.deleteMessages.run(session, seq, limit).changes);
    return Number(this.forgetSession.run(session).changes);
  }

  /** Removes sessions and usage of a deleted user or, if none is left, the user. Returns the number of rows. */
  private removeOfUser(user: string, limit: number): number {
    for (const statement of [this.deleteSessions, this.deleteUsage]) {
      const { changes } = statement.run(user, limit);
      if (changes !== 0) return Number(changes);
    }
    this.deleteUser.run(user);
    return Number(this.forgetUser.run(user).changes);
  }

  private logPages(): number {
    const state = this.logState.get();
    return integer(state?.log) - integer(state?.checkpointed);
  }
}
