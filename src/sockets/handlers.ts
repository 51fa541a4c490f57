import { ChatError } from '../domain/errors';
import type { AuthService } from '../services/authService';
import type { MessageService } from '../services/messageService';
import type { SessionService } from '../services/sessionService';
import type { RateLimiter } from '../utils/rateLimiter';
import type { EventHandlers } from './dispatcher';
import { parseJoinTarget, parseSending, parseSessionId, parseToken } from './payloads';
import { sessionRoom } from './rooms';

/** Messages of the first page that `join-session {after}` answers with. */
const RESUME_PAGE = 100;

export interface HandlerDependencies {
  auth: AuthService;
  sessions: SessionService;
  messages: MessageService;
  messageRate: RateLimiter;
}

/** What each event of a client does. */
export function createHandlers({
  auth,
  sessions,
  messages,
  messageRate,
}: HandlerDependencies): EventHandlers {
  return {
    /** Joins before it reads, so that a message stored in between arrives live instead of not at all. */
    async 'join-session'(socket, payload, acknowledge) {
      const { userId } = socket.data.identity;
      const { sessionId, after } = parseJoinTarget(payload);
      await socket.join(sessionRoom(userId, sessionId));
      const { session } = await sessions.open(userId, sessionId, null, { socketId: socket.id });
      if (after === undefined) return acknowledge({ session });
      const page = await messages.page(userId, sessionId, { after, limit: RESUME_PAGE });
      acknowledge({ session, ...page });
    },

    /** Another login's token is refused: the socket is in the rooms of its own. */
    async authenticate(socket, payload, acknowledge) {
      const identity = await auth.authenticate(parseToken(payload));
      if (identity.loginId !== socket.data.identity.loginId) {
        throw new ChatError('UNAUTHENTICATED', {
          detail: 'This token is of another login. Connect anew with it.',
        });
      }
      socket.data.identity = identity;
      acknowledge({ expiresAt: identity.tokenExpiresAt });
    },

    async 'leave-session'(socket, payload, acknowledge) {
      await socket.leave(sessionRoom(socket.data.identity.userId, parseSessionId(payload)));
      acknowledge({});
    },

    async message(socket, payload, acknowledge) {
      const { userId } = socket.data.identity;
      const sending = parseSending(payload);
      messageRate.take(userId);
      await socket.join(sessionRoom(userId, sending.sessionId));
      await messages.send({ userId, ...sending }, { socketId: socket.id }, ({ message, duplicate }) =>
        acknowledge({ message, ...(duplicate && { duplicate }) }),
      );
    },
  };
}
