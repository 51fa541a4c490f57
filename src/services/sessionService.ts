import { ChatError } from '../domain/errors';
import { parseFields, sessionName } from '../domain/fields';
import type { Session, SessionPage } from '../domain/session';
import type { OpenedSession, SessionStore } from '../stores/chatStore';
import { type Clock, timestampOf } from '../utils/clock';
import type { RateLimiter } from '../utils/rateLimiter';
import type { Publisher } from './publisher';
import type { Replies } from './replies/replyService';

const nameFields = { name: sessionName };

/** The chat sessions of a user. A missing session and one of another user are both `NOT_FOUND`. */
export class SessionService {
  constructor(
    private readonly store: SessionStore,
    private readonly publisher: Publisher,
    private readonly creationRate: RateLimiter,
    private readonly clock: Clock,
    private readonly replies: Pick<Replies, 'discard'>,
  ) {}

  list(userId: string, page: { limit: number; cursor?: string }): Promise<SessionPage> {
    return this.store.listSessions(userId, page, timestampOf(this.clock()));
  }

  async find(userId: string, sessionId: string): Promise<Session> {
    return present(await this.store.findSession(userId, sessionId));
  }

  /**
   * Finds the user's session with this id, or creates it with this name. Throws `VALIDATION_FAILED`, or `RATE_LIMITED` if the
   * user creates too many sessions or tries too many ids of other users.
   */
  async open(userId: string, id: string, name: string | null, exceptSocket?: string): Promise<OpenedSession> {
    if (name !== null) parseFields(nameFields, { name });
    const found = await this.store.findSession(userId, id);
    if (found) return { session: found, created: false };
    this.creationRate.take(userId);
    const createdAt = timestampOf(this.clock());
    const opened = present(await this.store.openSession({ id, userId, name, createdAt }));
    if (opened.created) this.publisher.sessionChanged('created', opened.session, exceptSocket);
    return opened;
  }

  /** Throws `VALIDATION_FAILED`. */
  async rename(userId: string, sessionId: string, name: string): Promise<Session> {
    parseFields(nameFields, { name });
    const session = present(await this.store.renameSession(userId, sessionId, name));
    this.publisher.sessionChanged('renamed', session);
    return session;
  }

  async delete(userId: string, sessionId: string): Promise<void> {
    const session = present(await this.store.deleteSession(userId, sessionId));
    this.replies.discard((deleted) => deleted.sessionId === sessionId);
    this.publisher.sessionChanged('deleted', session);
  }
}

function present<T>(found: T | null): T {
  if (found === null) throw new ChatError('NOT_FOUND');
  return found;
}
