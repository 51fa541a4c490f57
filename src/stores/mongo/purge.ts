import { setTimeout as delay } from 'node:timers/promises';
import type { Models } from '../../models/models';
import type { SessionDocument } from '../../models/sessionModel';
import { PortionSize } from '../databaseHealth';
import { deleteLoginsWhere } from './logins';
import type { SessionCache } from './sessionCache';

/** In messages. */
const PORTION = { initial: 500, min: 50, max: 5_000, targetMs: 20 };
const SESSIONS_PER_PORTION = 100;
/** How long after a failure the purge goes on, in milliseconds. */
const RETRY_MS = 1_000;

/**
 * Removes what belongs to deleted sessions and users, in portions and in the background, as a command that removes everything would
 * take longer than a call may. What is left to remove is recorded in the database, so it outlasts a crash.
 */
export class Purge {
  private running: Promise<void> | null = null;
  /** Something was recorded since the last portion began. */
  private isWoken = false;
  private readonly size = new PortionSize(PORTION);
  private readonly stopping = new AbortController();

  constructor(
    private readonly models: Models,
    private readonly cache: SessionCache,
  ) {}

  /** Removes the first portion of what an earlier process has left, and leaves the rest to the background. */
  async start(): Promise<void> {
    if (await this.removePortion()) this.wake();
  }

  /** Removes all deleted sessions and users. Their messages may remain. */
  async freeNames(): Promise<void> {
    while ((await this.removeSessions()) || (await this.removeUser()));
  }

  /** Looks for something to remove. Returns immediately. */
  wake(): void {
    this.isWoken = true;
    this.running ??= this.run().finally(() => {
      this.running = null;
    });
  }

  /** Resolves when no command of the purge is in flight. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Removes sessions that are marked as deleted, so that their ids are free again, and leaves their messages to the purge. */
  async release(sessions: readonly SessionDocument[]): Promise<void> {
    for (const { _id } of sessions) this.cache.delete(_id);
    // The records come first: after a crash in between, the next start finds the marked sessions.
    await this.record(sessions.map(({ key }) => key));
    await this.removeDrafts(sessions.map(({ key }) => key));
    const ids = sessions.map(({ _id }) => _id);
    await this.models.sessions.deleteMany({
      _id: { $in: ids },
      key: { $in: sessions.map(({ key }) => key) },
    });
    this.wake();
  }

  /** One that is `finishing` stays: its reply may be inserted after this. */
  private async removeDrafts(sessionKeys: readonly string[]): Promise<void> {
    await this.models.drafts.deleteMany({ sessionKey: { $in: sessionKeys }, state: { $ne: 'finishing' } });
  }

  /** Leaves to the purge what was written to a session after its deletion. */
  async discard(sessionKey: string): Promise<void> {
    await this.record([sessionKey]);
    this.wake();
  }

  private async record(keys: readonly string[]): Promise<void> {
    await this.models.deletions.bulkWrite(
      keys.map((_id) => ({ updateOne: { filter: { _id }, update: { $inc: { version: 1 } }, upsert: true } })),
      { ordered: false },
    );
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (this.isWoken && !signal.aborted) {
      this.isWoken = false;
      const startedAt = performance.now();
      const pause = await this.removePortion().then(
        // At least half of the time is left to others.
        (isMore) => (isMore ? performance.now() - startedAt : null),
        () => RETRY_MS,
      );
      if (pause === null) continue;
      this.isWoken = true;
      await delay(pause, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  /** False if nothing is left. */
  private async removePortion(): Promise<boolean> {
    return (await this.removeSessions()) || (await this.removeMessages()) || (await this.removeUser());
  }

  private async removeSessions(): Promise<boolean> {
    const marked = await this.models.sessions.find({ deleting: true }).limit(SESSIONS_PER_PORTION).lean();
    if (marked.length > 0) await this.release(marked);
    return marked.length > 0;
  }

  private async removeMessages(): Promise<boolean> {
    const { deletions, messages } = this.models;
    const deletion = await deletions.findOne({}).lean();
    if (!deletion) return false;
    const sessionKey = deletion._id;
    const first = await messages.findOne({ sessionKey }, { seq: 1 }).sort({ seq: 1 }).lean();
    if (first) {
      const startedAt = performance.now();
      await messages.deleteMany({ sessionKey, seq: { $lt: first.seq + this.size.rows } });
      this.size.adaptTo(performance.now() - startedAt);
    } else {
      await this.removeDrafts([sessionKey]);
      await deletions.deleteOne(deletion);
    }
    return true;
  }

  /** Removes sessions of a user who is marked as deleted or, if none is left, the user. */
  private async removeUser(): Promise<boolean> {
    const { users, sessions, usage } = this.models;
    const user = await users.findOne({ deleting: true }).lean();
    if (!user) return false;
    const found = await sessions.find({ userId: user._id }).limit(SESSIONS_PER_PORTION).lean();
    if (found.length > 0) {
      await sessions.updateMany(
        { _id: { $in: found.map(({ _id }) => _id) }, userId: user._id },
        { $set: { deleting: true } },
      );
    } else {
      await deleteLoginsWhere(this.models, { userId: user._id });
      await usage.deleteMany({ userId: user._id });
      await users.deleteOne({ _id: user._id });
    }
    return true;
  }
}
