import { ACTIVITY_INTERVAL_MS } from '../domain/limits';
import type { ChatStore } from '../stores/chatStore';
import type { Logger } from '../utils/logger';
import type { Devices, JoinedSession } from './devices';

/** The largest number of sessions whose activity is awaited at once. The activity of others is not reported here. */
const MAX_SESSIONS = 10_000;

interface Dependencies {
  accounts: Pick<ChatStore, 'findSession'>;
  devices: Devices;
  logger: Logger;
}

/**
 * Reports the activity of sessions that other nodes write to. A hint has no state, so the session is read, at most once in the interval
 * in which its activity may be reported; the last read is after the last hint.
 */
export class ActivityHints {
  /** The sessions that were read within the interval. `hasNews`: there was another hint since. */
  private readonly recent = new Map<string, { timer: NodeJS.Timeout; hasNews: boolean }>();

  constructor(private readonly dependencies: Dependencies) {}

  hint(session: JoinedSession): void {
    const { sessionId } = session;
    const entry = this.recent.get(sessionId);
    if (entry) {
      entry.hasNews = true;
      return;
    }
    if (this.recent.size >= MAX_SESSIONS) return;
    const timer = setTimeout(() => this.onInterval(session), ACTIVITY_INTERVAL_MS).unref();
    this.recent.set(sessionId, { timer, hasNews: false });
    void this.report(session);
  }

  /** A report after the deletion would make clients add the session again. */
  deleted(sessionId: string): void {
    clearTimeout(this.recent.get(sessionId)?.timer);
    this.recent.delete(sessionId);
  }

  stop(): void {
    for (const { timer } of this.recent.values()) clearTimeout(timer);
    this.recent.clear();
  }

  private onInterval(session: JoinedSession): void {
    const entry = this.recent.get(session.sessionId);
    this.recent.delete(session.sessionId);
    if (entry?.hasNews) this.hint(session);
  }

  private async report({ userId, sessionId }: JoinedSession): Promise<void> {
    const { accounts, devices, logger } = this.dependencies;
    try {
      const found = await accounts.findSession(userId, sessionId);
      if (found && this.recent.has(sessionId)) devices.sessionActive(found);
    } catch (error) {
      logger.warn({ err: error }, 'session event was not delivered');
    }
  }
}
