import { ChatError } from '../domain/errors';
import type { Joined } from '../domain/events';
import { RESUME_PAGE_LENGTH } from '../domain/limits';
import type { Draft } from '../domain/message';
import type { Identity } from '../domain/user';
import type { Fleet } from '../fleet/fleet';
import type { AuthService } from '../services/authService';
import type { MessageService } from '../services/messageService';
import { keyOf } from '../services/replies/runningReply';
import type { SessionService } from '../services/sessionService';
import { timestampOf } from '../utils/clock';
import type { RateLimiter } from '../utils/rateLimiter';
import {
  type EventHandlers,
  parseJoinTarget,
  parseRegenerate,
  parseSending,
  parseSessionId,
  parseStop,
  parseToken,
} from './dispatcher';
import type { DraftStream } from './draftStream';
import { loginRoom, RoomAccess } from './rooms';
import type { ChatSocket } from './transport';

export interface HandlerDependencies {
  auth: AuthService;
  sessions: SessionService;
  messages: MessageService;
  messageRate: RateLimiter;
  fleet: Pick<Fleet, 'catchUp'>;
  drafts: DraftStream;
}

/** The handlers of all events that clients send. */
export function createHandlers({
  auth,
  sessions,
  messages,
  messageRate,
  fleet,
  drafts,
}: HandlerDependencies): EventHandlers {
  const rooms = new RoomAccess();

  /** Joins first and checks second, so that a logout in between ends the socket. */
  async function changeLogin(socket: ChatSocket, { loginId }: Identity): Promise<void> {
    await socket.join(loginRoom(loginId));
    const ended = await auth.findEndedLogins([loginId]);
    if (ended.length > 0) throw new ChatError('UNAUTHENTICATED');
    await socket.leave(loginRoom(socket.data.identity.loginId));
  }

  return {
    /** Joins first and reads second, so that every message is in the page or arrives live. */
    async 'join-session'(socket, payload, acknowledge) {
      const { userId } = socket.data.identity;
      const { sessionId, after } = parseJoinTarget(payload);
      drafts.beginJoin(socket, sessionId);
      const acknowledgeWithDrafts = (joined: Joined, failed: Draft[]) => {
        const live = drafts.joined(socket, sessionId);
        const keys = new Set(live.map(keyOf));
        const found = [...failed.filter((each) => !keys.has(keyOf(each))), ...live];
        acknowledge({ ...joined, ...(found.length > 0 && { drafts: found }) });
      };
      try {
        await rooms.enter(socket, sessionId, async ({ begin, confirm }) => {
          const options = { exceptSocket: socket.id, onAllowed: begin };
          const { session } = await sessions.open(userId, sessionId, null, options);
          confirm();
          const failed = await messages.failedDrafts(userId, sessionId);
          const joined = { userId, sessionId };
          if (after === undefined) {
            const lastSeq = (await fleet.catchUp(joined, session.lastSeq, confirm)) ?? session.lastSeq;
            confirm();
            return acknowledgeWithDrafts({ session: { ...session, lastSeq } }, failed);
          }
          // A page for a closed connection would be read in vain.
          if (!socket.connected) throw new ChatError('UNAUTHENTICATED');
          const page = await messages.pageOfOpened(userId, sessionId, { after, limit: RESUME_PAGE_LENGTH });
          const lastRead = page.messages.at(-1)?.seq ?? session.lastSeq;
          const lastSeq =
            (await fleet.catchUp(joined, Math.max(session.lastSeq, lastRead), confirm)) ?? session.lastSeq;
          confirm();
          acknowledgeWithDrafts({ session: { ...session, lastSeq }, ...page }, failed);
        });
      } catch (error) {
        // The app may have allowed an earlier join.
        if (error instanceof ChatError && error.code === 'FORBIDDEN') await rooms.leave(socket, sessionId);
        throw error;
      } finally {
        drafts.endJoin(socket, sessionId);
      }
    },

    async 'stop-reply'(socket, payload, acknowledge) {
      const { sessionId, replyTo } = parseStop(payload);
      const message = await messages.stopReply(socket.data.identity.userId, sessionId, replyTo);
      acknowledge({ message });
    },

    async regenerate(socket, payload, acknowledge) {
      const { userId } = socket.data.identity;
      const { sessionId, replyTo, variant } = parseRegenerate(payload);
      messageRate.take(userId);
      await messages.regenerate(userId, sessionId, replyTo, variant);
      acknowledge({ variant });
    },

    /** Accepts a token of the same login, or of the same user of the app's own backend, whose tokens are logins of their own. */
    async authenticate(socket, payload, acknowledge) {
      const { identity: before, device } = socket.data;
      const identity = await auth.authenticate(parseToken(payload), device && (() => device));
      const isNext = identity.isExternal && before.isExternal && identity.userId === before.userId;
      if (identity.loginId !== before.loginId && !isNext) {
        throw new ChatError('UNAUTHENTICATED', {
          detail: 'This token belongs to another login. Open a new connection with it.',
        });
      }
      if (identity.loginId !== before.loginId) await changeLogin(socket, identity);
      socket.data.identity = identity;
      acknowledge({ expiresAt: timestampOf(identity.tokenExpiry) });
    },

    async 'leave-session'(socket, payload, acknowledge) {
      await rooms.leave(socket, parseSessionId(payload));
      acknowledge({});
    },

    /** Sending joins the session. */
    message(socket, payload, acknowledge) {
      const { userId } = socket.data.identity;
      const sending = parseSending(payload);
      messageRate.take(userId);
      return rooms.enter(socket, sending.sessionId, ({ begin, confirm }) =>
        messages.send({ userId, ...sending }, (checked) => {
          begin();
          return messages.store(checked, {
            exceptSocket: socket.id,
            onStored({ message, duplicate }) {
              confirm();
              acknowledge({ message, ...(duplicate && { duplicate }) });
            },
          });
        }),
      );
    },
  };
}
