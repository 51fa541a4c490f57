import { ChatError } from '../domain/errors';
import { RESUME_PAGE_LENGTH } from '../domain/limits';
import type { AuthService } from '../services/authService';
import type { MessageService } from '../services/messageService';
import type { SessionService } from '../services/sessionService';
import type { RateLimiter } from '../utils/rateLimiter';
import type { EventHandlers } from './dispatcher';
import { Membership } from './membership';
import { parseJoinTarget, parseSending, parseSessionId, parseToken } from './payloads';
import { Turns } from './turns';

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
  const membership = new Membership();
  const pageReads = new Turns();
  return {
    async 'join-session'(socket, payload, acknowledge) {
      const { userId } = socket.data.identity;
      const { sessionId, after } = parseJoinTarget(payload);
      await membership.enter(socket, sessionId, async (confirm) => {
        const { session } = await sessions.open(userId, sessionId, null, { socketId: socket.id });
        confirm();
        if (after === undefined) return acknowledge({ session });
        const page = await pageReads.take(socket, async () => {
          // Nobody is there to read what was asked for by a connection that is gone.
          if (!socket.connected) throw new ChatError('UNAUTHENTICATED');
          return messages.page(userId, sessionId, { after, limit: RESUME_PAGE_LENGTH });
        });
        acknowledge({ session, ...page });
      });
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
      await membership.leave(socket, parseSessionId(payload));
      acknowledge({});
    },

    message(socket, payload, acknowledge) {
      const { userId } = socket.data.identity;
      const sending = parseSending(payload);
      messageRate.take(userId);
      return membership.enter(socket, sending.sessionId, (confirm) =>
        messages.send({ userId, ...sending }, { socketId: socket.id }, ({ message, duplicate }) => {
          confirm();
          acknowledge({ message, ...(duplicate && { duplicate }) });
        }),
      );
    },
  };
}
