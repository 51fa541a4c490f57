import { type ChatClient, mergeSessions } from '../../client/src';
import { hasCode } from '../../client/src/chatClientError';
import { PAGE_LENGTH } from '../../src/domain/limits';
import type { Message } from '../../src/domain/message';
import {
  EMPTY_SESSION,
  nameFromContent,
  previewOf,
  type Session,
  type SessionChanges,
  type SessionPage,
} from '../../src/domain/session';
import { explain } from '../text/errors';
import { Observable } from './observable';
import { ReadMarks } from './readMarks';
import { readRoute } from './route';

export interface SessionListState {
  /** All known sessions, the archived ones too. Newest activity first. */
  sessions: readonly Session[];
  /** The cursor of the next page; null if all sessions are loaded, undefined before the first page is. */
  nextCursor: string | null | undefined;
  /** The same for the archive, which is read when it is first shown. */
  nextArchivedCursor: string | null | undefined;
  /** Whether there are more unread sessions than the known ones. */
  hasMoreUnread: boolean;
  /** Why the list could not be read, for the user. */
  problem: string | null;
}

const PAGE_SIZE = 50;
/** If fewer unread sessions are known, and there are more, they are read again. */
const MIN_KNOWN_UNREAD = PAGE_LENGTH.max / 2;

/** The user's sessions, kept up to date with this page, other tabs and other devices. */
export class SessionList {
  readonly state = new Observable<SessionListState>({
    sessions: [],
    nextCursor: undefined,
    nextArchivedCursor: undefined,
    hasMoreUnread: false,
    problem: null,
  });
  private readonly readMarks: ReadMarks;
  private isReading = false;
  /** A refresh was requested and has not started. */
  private isStale = false;
  /** The lists whose next page was requested and is not loaded. */
  private readonly wantsMore = new Set<'active' | 'archived'>();
  private showsArchive = false;
  /** The ids of pinned and unread sessions that are older than the loaded pages of the list or, at `true`, of the archive. */
  private readonly beyond = new Map<boolean, ReadonlySet<string>>();
  /** The ids of sessions that `open` has listed. */
  private readonly opened = new Set<string>();
  /** The ids of sessions whose first message is not stored yet. */
  private readonly started = new Set<string>();
  /** What has changed since the start of the current read, whose result may be older: the session, or null if it is deleted. */
  private readonly changed = new Map<string, Session | null>();

  constructor(private readonly client: ChatClient) {
    this.readMarks = new ReadMarks(client, (session) => this.put(session));
  }

  /** Reads the first page and follows changes. Returns a function that stops it. */
  follow(): () => void {
    const stops = [
      // Includes the activity of all sessions, whichever device it comes from.
      this.client.on('session', ({ type, session }) => {
        if (type === 'deleted') this.remove(session.id);
        else this.put(session);
      }),
      this.client.on('sessions', () => {
        void this.readMarks.send();
        void this.refresh();
      }),
    ];
    void this.refresh();
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** Reads what is loaded again. If a read is in progress, this follows it, because its result may be outdated. */
  async refresh(): Promise<void> {
    this.isStale = true;
    await this.read(async () => {
      this.isStale = false;
      const unlisted = this.withoutList();
      for (const archived of this.showsArchive ? [false, true] : [false]) {
        for (const id of await this.refreshList(archived, unlisted)) unlisted.delete(id);
      }
      await Promise.all([...unlisted].map((id) => this.open(id)));
    });
  }

  /** The ids of stored sessions that this page needs, even if no page of the lists has them. */
  private withoutList(): Set<string> {
    const openId = readRoute();
    const open = this.state.value.sessions.filter(({ id }) => id === openId && this.isStored(id));
    return new Set([...this.opened, ...open.map(({ id }) => id)]);
  }

  /** Reads what is known of the list or the archive again. Returns the ids that it has. */
  private async refreshList(archived: boolean, needed: ReadonlySet<string>): Promise<string[]> {
    const page = await this.readPages(archived);
    const kept = new Set([...needed, ...this.started]);
    this.update({
      sessions: withFirstPage(this.state.value.sessions, page, { archived, kept }),
      [archived ? 'nextArchivedCursor' : 'nextCursor']: page.nextCursor,
    });
    const beyond = await this.readBeyond(page, archived);
    const listed = idsOf([...page.sessions, ...beyond]);
    const isKept = (id: string) => !this.beyond.get(archived)?.has(id) || listed.has(id) || kept.has(id);
    const known = this.state.value.sessions.filter(({ id }) => isKept(id));
    const onPages = idsOf(page.sessions);
    this.beyond.set(archived, idsOf(beyond.filter(({ id }) => !onPages.has(id))));
    this.update({ sessions: mergeSessions(known, beyond) });
    return [...listed];
  }

  /** Reads what is shown even if it is older than the loaded pages: all pinned sessions, and the newest unread ones. */
  private async readBeyond({ nextCursor }: SessionPage, archived: boolean): Promise<Session[]> {
    const found: Session[] = [];
    for (let cursor = nextCursor === null ? null : ''; cursor !== null; ) {
      const filter = { limit: PAGE_LENGTH.max, archived, pinned: true, ...(cursor && { cursor }) };
      const page = await this.client.sessions.list(filter);
      found.push(...page.sessions);
      cursor = page.nextCursor;
    }
    if (archived) return found;
    const unread =
      nextCursor === null
        ? { sessions: [], nextCursor }
        : await this.client.sessions.list({ limit: PAGE_LENGTH.max, unread: true });
    this.update({ hasMoreUnread: unread.nextCursor !== null });
    return [...found, ...unread.sessions];
  }

  /** Reads the next page of the list, or of the archive, if there is one. */
  loadMore(archived = false): Promise<void> {
    const list = archived ? 'archived' : 'active';
    this.wantsMore.add(list);
    return this.read(async () => {
      const cursor = archived ? this.state.value.nextArchivedCursor : this.state.value.nextCursor;
      if (!cursor) {
        this.wantsMore.delete(list);
        return;
      }
      const page = await this.client.sessions.list({
        limit: PAGE_SIZE,
        cursor,
        ...(archived && { archived }),
      });
      const loaded = idsOf(page.sessions);
      const beyond = [...(this.beyond.get(archived) ?? [])].filter((id) => !loaded.has(id));
      this.beyond.set(archived, new Set(beyond));
      this.update({
        sessions: mergeSessions(this.state.value.sessions, page.sessions),
        [archived ? 'nextArchivedCursor' : 'nextCursor']: page.nextCursor,
      });
      this.wantsMore.delete(list);
    });
  }

  /** Reads the archive, and keeps it up to date from now on. */
  showArchive(): void {
    this.showsArchive = true;
    void this.refresh();
  }

  /** Lists a session that the first message of the user creates on the server. */
  start(id: string, content: string): void {
    const createdAt = new Date().toISOString();
    this.started.add(id);
    this.update({
      sessions: mergeSessions(this.state.value.sessions, [
        {
          id,
          userId: this.client.user?.id ?? '',
          name: nameFromContent(content),
          createdAt,
          ...EMPTY_SESSION,
          preview: previewOf(content),
        },
      ]),
    });
  }

  /** Whether the server has the session, as far as this page knows. */
  isStored(id: string): boolean {
    return !this.started.has(id);
  }

  async rename(id: string, name: string): Promise<void> {
    this.put(await this.client.sessions.rename(id, name));
  }

  /** Pins or archives a session, or the opposite. */
  async change(id: string, changes: SessionChanges): Promise<void> {
    this.put(await this.client.sessions.update(id, changes));
  }

  /** The user has seen the messages up to this `seq`. The server is told as soon as it can be reached. */
  markRead(id: string, seq: number): void {
    const session = this.find(id);
    if (!session || seq <= session.readSeq) return;
    this.put({ ...session, readSeq: seq });
    this.readMarks.add(id, seq);
  }

  async delete(id: string): Promise<void> {
    await this.client.sessions.delete(id);
    this.remove(id);
  }

  /** Lists a session that was opened by its link, if it exists. It may be older than the loaded pages. */
  async open(id: string): Promise<void> {
    this.opened.add(id);
    try {
      this.put(await this.client.sessions.get(id));
    } catch (error) {
      if (!hasCode(error, ['NOT_FOUND'])) throw error;
      this.remove(id);
    }
  }

  /** Adds a session, or updates it. */
  put(session: Session): void {
    this.started.delete(session.id);
    const sessions = mergeSessions(this.state.value.sessions, [session]);
    const merged = sessions.find(({ id }) => id === session.id) ?? session;
    this.changed.set(session.id, merged);
    this.update({ sessions });
    if (this.state.value.hasMoreUnread && countUnread(sessions) < MIN_KNOWN_UNREAD) void this.refresh();
  }

  remove(id: string): void {
    this.changed.set(id, null);
    this.opened.delete(id);
    this.started.delete(id);
    this.update({ sessions: this.state.value.sessions.filter((session) => session.id !== id) });
  }

  /** Counts a message of the open chat at once. The server reports the activity of a session at most once a second. */
  applyMessage(message: Message): void {
    const session = this.find(message.sessionId);
    if (!session || message.seq <= session.lastSeq) return;
    const { seq, content, timestamp } = message;
    // As on the server: the user's own message is read, and takes its chat out of the archive.
    const isOwn = message.sender === 'user';
    this.put({
      ...session,
      name: session.name ?? nameFromContent(content),
      lastMessageAt: timestamp,
      lastSeq: seq,
      preview: previewOf(content),
      ...(isOwn && { readSeq: Math.max(session.readSeq, seq), archived: false }),
    });
  }

  private find(id: string): Session | undefined {
    return this.state.value.sessions.find((session) => session.id === id);
  }

  /** Reads as many sessions as are listed, at least the first page, and returns them as one page. */
  private async readPages(archived: boolean): Promise<SessionPage> {
    const filter = archived ? { archived } : {};
    const listed = this.state.value.sessions.filter(
      ({ id, archived: isArchived }) =>
        isArchived === archived && !this.opened.has(id) && !this.beyond.get(archived)?.has(id),
    ).length;
    let { sessions, nextCursor } = await this.client.sessions.list({ limit: PAGE_SIZE, ...filter });
    while (nextCursor !== null && sessions.length < listed) {
      const limit = Math.min(listed - sessions.length, PAGE_LENGTH.max);
      const page = await this.client.sessions.list({ limit, cursor: nextCursor, ...filter });
      sessions = [...sessions, ...page.sessions];
      nextCursor = page.nextCursor;
    }
    return { sessions, nextCursor };
  }

  /** One read at a time. */
  private async read(load: () => Promise<void>): Promise<void> {
    if (this.isReading) return;
    this.isReading = true;
    this.changed.clear();
    try {
      await load();
      this.update({ sessions: withChanges(this.state.value.sessions, this.changed), problem: null });
    } catch (error) {
      this.update({ problem: explain(error) });
    } finally {
      this.isReading = false;
    }
    if (this.isStale) return this.refresh();
    // It was requested during this read, or has failed before.
    const [next] = this.wantsMore;
    if (next && this.state.value.problem === null) await this.loadMore(next === 'archived');
  }

  private update(change: Partial<SessionListState>): void {
    this.state.set({ ...this.state.value, ...change });
  }
}

/** The name of a session on the page. */
export function nameOf({ name }: Pick<Session, 'name'>): string {
  return name ?? 'New chat';
}

/** Whether the session has messages that the user has not seen on any device. */
export function isUnread({ lastSeq, readSeq }: Session): boolean {
  return readSeq < lastSeq;
}

/** Counts the unread sessions that are not archived. */
export function countUnread(sessions: readonly Session[]): number {
  return sessions.filter((session) => !session.archived && isUnread(session)).length;
}

function idsOf(sessions: readonly Session[]): Set<string> {
  return new Set(sessions.map(({ id }) => id));
}

/** Applies changes that were reported while a page was read. */
function withChanges(known: readonly Session[], changed: ReadonlyMap<string, Session | null>): Session[] {
  const changedSessions = [...changed.values()].filter((session) => session !== null);
  return mergeSessions(known, changedSessions).filter(({ id }) => changed.get(id) !== null);
}

export interface FirstPageOptions {
  /** Whether the page is one of the archive. Sessions of the other list are kept. */
  archived?: boolean;
  /** The ids of sessions that are kept in any case. */
  kept?: ReadonlySet<string>;
}

/**
 * Updates the list with the server's newest sessions, read as one page. A session that belongs on this page but is not there has
 * been deleted, or moved to the other list. Older sessions are kept.
 */
export function withFirstPage(
  known: readonly Session[],
  { sessions, nextCursor }: SessionPage,
  { archived = false, kept = new Set() }: FirstPageOptions = {},
): Session[] {
  const ids = idsOf(sessions);
  const merged = mergeSessions(known, sessions);
  const isLastPage = nextCursor === null || sessions.length === 0;
  const end = isLastPage ? merged.length : merged.findLastIndex(({ id }) => ids.has(id));
  return merged.filter(
    (session, index) =>
      index > end || session.archived !== archived || ids.has(session.id) || kept.has(session.id),
  );
}

/** The sessions whose name contains the query, ignoring case. */
export function searchByName(sessions: readonly Session[], query: string): readonly Session[] {
  const words = query.trim().toLocaleLowerCase();
  if (words === '') return sessions;
  return sessions.filter((session) => nameOf(session).toLocaleLowerCase().includes(words));
}
