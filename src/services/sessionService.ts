import { ChatError } from '../domain/errors';
import { boolean, optional, parseFields, seq, sessionName, validationFailed } from '../domain/fields';
import type { OpenedSession, Session, SessionChanges, SessionPage, SessionQuery } from '../domain/session';
import type { SessionStore } from '../stores/chatStore';
import { type Clock, timestampOf } from '../utils/clock';
import type { RateLimiter } from '../utils/rateLimiter';
import type { SessionAccess } from './hooks';
import type { Publisher } from './publisher';
import type { Replies } from './replies/replyService';

const nameFields = { name: sessionName };

/** The fields of a session that can be changed. */
export const sessionChangeFields = {
  name: optional(sessionName),
  pinned: optional(boolean),
  archived: optional(boolean),
};

const NOTHING_TO_CHANGE = { field: 'name', message: 'must be given, or "pinned", or "archived"' };

export interface OpenOptions {
  /** The socket that opens the session. It gets the result in its acknowledgement, not as an event. */
  exceptSocket?: string;
  /** Called once the app allows it, before anything of the session is read. */
  onAllowed?: () => void;
}

/** The chat sessions of a user. A missing session and one of another user are both `NOT_FOUND`; what the app denies is `FORBIDDEN`. */
export class SessionService {
  constructor(
    private readonly store: SessionStore,
    private readonly publisher: Publisher,
    private readonly creationRate: RateLimiter,
    private readonly clock: Clock,
    private readonly replies: Pick<Replies, 'discard'>,
    private readonly access: SessionAccess,
  ) {}

  list(userId: string, page: SessionQuery): Promise<SessionPage> {
    return this.store.listSessions(userId, page, timestampOf(this.clock()));
  }

  async find(userId: string, sessionId: string): Promise<Session> {
    await this.access.require(userId, 'read', sessionId);
    return present(await this.store.findSession(userId, sessionId));
  }

  /**
   * Finds the user's session with this id, or creates it with this name. Throws `VALIDATION_FAILED`, or `RATE_LIMITED` if the
   * user creates too many sessions or tries too many ids of other users.
   */
  async open(
    userId: string,
    id: string,
    name: string | null,
    { exceptSocket, onAllowed }: OpenOptions = {},
  ): Promise<OpenedSession> {
    if (name !== null) parseFields(nameFields, { name });
    await this.access.requireOpen(userId, id, name);
    onAllowed?.();
    const found = await this.store.findSession(userId, id);
    if (found) return { session: found, created: false };
    this.creationRate.take(userId);
    const createdAt = timestampOf(this.clock());
    const opened = present(await this.store.openSession({ id, userId, name, createdAt }));
    if (opened.created) this.publisher.sessionChanged('created', opened.session, exceptSocket);
    return opened;
  }

  /** Throws `VALIDATION_FAILED`, also if there is nothing to change. */
  async update(userId: string, sessionId: string, input: SessionChanges): Promise<Session> {
    const changes = parseFields(sessionChangeFields, input);
    const { name, ...flags } = changes;
    const hasFlags = Object.keys(flags).length > 0;
    if (name === undefined && !hasFlags) throw validationFailed([NOTHING_TO_CHANGE]);
    await this.access.require(userId, 'change', sessionId);
    const session = present(await this.store.updateSession(userId, sessionId, changes));
    if (name !== undefined) this.publisher.sessionChanged('renamed', session);
    if (hasFlags) this.publisher.sessionChanged('changed', session);
    return session;
  }

  /** Marks the messages up to `seq` as read, on all devices. Throws `VALIDATION_FAILED`. */
  async markRead(userId: string, sessionId: string, upTo: number): Promise<Session> {
    parseFields({ seq }, { seq: upTo });
    await this.access.require(userId, 'read', sessionId);
    const { session, advanced } = present(await this.store.markRead(userId, sessionId, upTo));
    if (advanced) this.publisher.sessionChanged('changed', session);
    return session;
  }

  async delete(userId: string, sessionId: string): Promise<void> {
    await this.access.require(userId, 'delete', sessionId);
    const session = present(await this.store.deleteSession(userId, sessionId));
    this.replies.discard((deleted) => deleted.sessionId === sessionId);
    this.publisher.sessionChanged('deleted', session);
  }
}

function present<T>(found: T | null): T {
  if (found === null) throw new ChatError('NOT_FOUND');
  return found;
}
