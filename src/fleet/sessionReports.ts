import { ACTIVITY_INTERVAL_MS } from '../domain/limits';
import type { ChatStore } from '../stores/chatStore';
import type { FleetStore } from '../stores/fleetStore';
import type { Logger } from '../utils/logger';
import { deletedSession, type Feeds } from './feeds';
import type { Devices, JoinedSession } from './fleet';
import type { Hint } from './hints';

/** The largest number of sessions whose changes are awaited at once. Those of others are not reported here. */
const MAX_SESSIONS = 10_000;
/** Devices that must read their list of sessions again do so at random times within this one. */
const LIST_SPREAD_MS = 30_000;

interface Dependencies {
  accounts: Pick<ChatStore, 'findSession'>;
  store: Pick<FleetStore, 'findPosition'>;
  feeds: Pick<Feeds, 'keyOf' | 'observe'>;
  devices: Devices;
  logger: Logger;
  /** Overrides `LIST_SPREAD_MS` in tests. */
  listSpreadMs?: number | undefined;
}

/**
 * Reports to the devices of this node what other nodes have changed in their users' sessions. A hint has no state, so the session is read
 * first. Where a report may be lost, the devices read their list of sessions again.
 */
export class SessionReports {
  /** Sessions that were read within the interval, by the kind of report and their id. `hasNews`: there was another hint since. */
  private readonly recent = new Map<string, { timer: NodeJS.Timeout; hasNews: boolean }>();
  /** Users whose devices are about to be asked to read their list. */
  private readonly lists = new Map<string, NodeJS.Timeout>();
  /** The last read of each session that is being read. */
  private readonly reads = new Map<string, Promise<void>>();

  constructor(private readonly dependencies: Dependencies) {}

  /** A session was created or changed. */
  changed(userId: string, { sessionId, change }: Extract<Hint, { kind: 'session' }>): void {
    const { accounts, devices } = this.dependencies;
    if (change === 'changed') {
      this.readSoon('changed', { userId, sessionId });
      return;
    }
    void this.attempt({ userId, sessionId }, async () => {
      const session = await accounts.findSession(userId, sessionId);
      if (session) devices.sessionChanged(change, session);
    });
  }

  /** The hint may be late: the session may have been recreated with the same id, and joined. */
  deleted(userId: string, hint: Extract<Hint, { kind: 'deleted' }>): void {
    const { store, devices, feeds } = this.dependencies;
    const { sessionId, createdAt, lastMessageAt, lastSeq } = hint;
    const before = feeds.keyOf({ userId, sessionId });
    void this.attempt({ userId, sessionId }, async () => {
      const found = await store.findPosition(userId, sessionId);
      // A report of activity after the deletion would make clients add the session again.
      for (const kind of ['active', 'changed'] as const) {
        clearTimeout(this.recent.get(`${kind} ${sessionId}`)?.timer);
        this.recent.delete(`${kind} ${sessionId}`);
      }
      if (found) await feeds.observe({ userId, sessionId }, found);
      else if (feeds.keyOf({ userId, sessionId }) === before) {
        const known = { id: sessionId, userId, createdAt, lastMessageAt, lastSeq };
        devices.sessionChanged('deleted', deletedSession(known));
      }
    });
  }

  /** A session has new messages. */
  active(session: JoinedSession): void {
    this.readSoon('active', session);
  }

  /** Reads the session at most once in the interval, and the last time after the last hint. */
  private readSoon(kind: 'active' | 'changed', session: JoinedSession): void {
    const key = `${kind} ${session.sessionId}`;
    const entry = this.recent.get(key);
    if (entry) {
      entry.hasNews = true;
      return;
    }
    if (this.recent.size >= MAX_SESSIONS) return;
    const timer = setTimeout(() => this.onInterval(kind, session), ACTIVITY_INTERVAL_MS).unref();
    this.recent.set(key, { timer, hasNews: false });
    void this.read(kind, session);
  }

  /** Reports of changes to these users' sessions may be lost. Users who have no sockets here yet read their list when they connect. */
  missed(userIds: Iterable<string> = this.dependencies.devices.users()): void {
    const { devices, listSpreadMs = LIST_SPREAD_MS } = this.dependencies;
    for (const userId of userIds) {
      if (this.lists.has(userId) || !devices.hasUser(userId)) continue;
      const report = () => {
        this.lists.delete(userId);
        devices.sessionsMissed(userId);
      };
      this.lists.set(userId, setTimeout(report, Math.random() * listSpreadMs).unref());
    }
  }

  stop(): void {
    for (const { timer } of this.recent.values()) clearTimeout(timer);
    for (const timer of this.lists.values()) clearTimeout(timer);
    this.recent.clear();
    this.lists.clear();
  }

  private onInterval(kind: 'active' | 'changed', session: JoinedSession): void {
    const key = `${kind} ${session.sessionId}`;
    const entry = this.recent.get(key);
    this.recent.delete(key);
    if (entry?.hasNews) this.readSoon(kind, session);
  }

  private read(kind: 'active' | 'changed', { userId, sessionId }: JoinedSession): Promise<void> {
    const { accounts, devices } = this.dependencies;
    return this.attempt({ userId, sessionId }, async () => {
      const found = await accounts.findSession(userId, sessionId);
      if (!found || !this.recent.has(`${kind} ${sessionId}`)) return;
      if (kind === 'active') devices.sessionActive(found, () => found);
      else devices.sessionChanged('changed', found);
    });
  }

  /** Reads of a session don't overtake each other: a slow one must not report a session after its deletion. */
  private attempt({ userId, sessionId }: JoinedSession, report: () => Promise<void>): Promise<void> {
    const read = (this.reads.get(sessionId) ?? Promise.resolve())
      .then(report)
      .catch((error) => {
        this.dependencies.logger.warn({ err: error }, 'session event was not delivered');
        this.missed([userId]);
      })
      .then(() => {
        if (this.reads.get(sessionId) === read) this.reads.delete(sessionId);
      });
    this.reads.set(sessionId, read);
    return read;
  }
}
