import type { Session } from '../../../src/domain/session';
import type { ChatClient } from '../chatClient';
import { type ChatClientError, toChatClientError } from '../chatClientError';
import { mergeSessions } from '../mergeSessions';
import { LiveState, type LoadStatus } from './liveState';

export interface SessionListState {
  /** The loaded sessions without the archived ones, newest activity first. */
  sessions: readonly Session[];
  status: LoadStatus;
  /** Why the last read failed. What is loaded stays. */
  error: ChatClientError | null;
  /** Whether `loadMore` finds older sessions. */
  hasMore: boolean;
}

const PAGE_SIZE = 50;
const LARGEST_PAGE = 100;

const EMPTY: SessionListState = { sessions: [], status: 'loading', error: null, hasMore: false };

/** The sessions of the logged-in user, kept up to date with all devices. */
export class SessionList extends LiveState<SessionListState> {
  private userId: string | null = null;
  /** The cursor of the next page; null after the last one. */
  private cursor: string | null = null;
  private reading: Promise<void> = Promise.resolve();
  private isRefreshQueued = false;
  /** What has changed during the current read, whose result may be older: the session, or null if it was deleted. */
  private readonly changed = new Map<string, Session | null>();

  constructor(private readonly client: ChatClient) {
    super(EMPTY);
  }

  /** Loads the next page. Resolves when it is loaded, or could not be, which `error` says. */
  readonly loadMore = (): Promise<void> =>
    this.enqueue(async (isCurrent) => {
      if (this.cursor === null) return;
      const page = await this.client.sessions.list({ limit: PAGE_SIZE, cursor: this.cursor });
      if (isCurrent()) this.show(mergeSessions(this.value.sessions, page.sessions), page.nextCursor);
    });

  protected override read(current: SessionListState): SessionListState {
    return this.isOfUser() ? current : EMPTY;
  }

  protected override follow(): () => void {
    const stops = [
      this.client.on('session', ({ type, session }) => this.apply(session, type === 'deleted')),
      this.client.on('sessions', () => this.refresh()),
      this.client.on('user', () => this.switchUser()),
    ];
    if (this.isOfUser()) this.refresh();
    else this.switchUser();
    return () => {
      for (const stop of stops) stop();
    };
  }

  private isOfUser(): boolean {
    return this.userId === (this.client.user?.id ?? null);
  }

  private switchUser(): void {
    if (this.isOfUser()) return;
    this.userId = this.client.user?.id ?? null;
    this.cursor = null;
    this.changed.clear();
    this.set(EMPTY);
    this.refresh();
  }

  /** Reads what is loaded again, at least the first page. */
  private refresh(): void {
    if (this.userId === null || this.isRefreshQueued) return;
    this.isRefreshQueued = true;
    void this.enqueue(async (isCurrent) => {
      this.isRefreshQueued = false;
      const loaded = this.value.sessions.length;
      let { sessions, nextCursor } = await this.client.sessions.list({ limit: PAGE_SIZE });
      while (nextCursor !== null && sessions.length < loaded) {
        const limit = Math.min(loaded - sessions.length, LARGEST_PAGE);
        const page = await this.client.sessions.list({ limit, cursor: nextCursor });
        sessions = [...sessions, ...page.sessions];
        nextCursor = page.nextCursor;
      }
      if (isCurrent()) this.show(mergeSessions([], sessions), nextCursor);
    });
  }

  /** One read at a time. */
  private enqueue(load: (isCurrent: () => boolean) => Promise<void>): Promise<void> {
    this.reading = this.reading.then(async () => {
      const { userId } = this;
      const isCurrent = () => this.userId === userId && this.isOfUser();
      this.changed.clear();
      try {
        await load(isCurrent);
      } catch (thrown) {
        const error = toChatClientError(thrown);
        const status = this.value.status === 'loading' ? 'failed' : this.value.status;
        if (isCurrent()) this.update({ status, error });
      }
    });
    return this.reading;
  }

  private show(read: readonly Session[], cursor: string | null): void {
    this.cursor = cursor;
    const changes = [...this.changed.values()].filter((session) => session !== null);
    const sessions = mergeSessions(read, changes).filter(({ id }) => this.changed.get(id) !== null);
    this.set({ sessions: withoutArchived(sessions), status: 'ready', error: null, hasMore: cursor !== null });
  }

  private apply(session: Session, isDeleted: boolean): void {
    this.changed.set(session.id, isDeleted ? null : session);
    const { sessions } = this.value;
    this.update({
      sessions: isDeleted
        ? sessions.filter(({ id }) => id !== session.id)
        : withoutArchived(mergeSessions(sessions, [session])),
    });
  }
}

function withoutArchived(sessions: readonly Session[]): readonly Session[] {
  return sessions.filter(({ archived }) => !archived);
}
