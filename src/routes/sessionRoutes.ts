import { type RequestHandler, Router } from 'express';
import type { createMessageController } from '../controllers/messageController';
import type { createSessionController } from '../controllers/sessionController';
import { validate } from '../middleware/validation';
import {
  after,
  before,
  cursor,
  limit,
  messageClientId,
  messageContent,
  name,
  newSessionId,
  sessionId,
} from './fields';

export interface SessionRouteDependencies {
  sessions: ReturnType<typeof createSessionController>;
  messages: ReturnType<typeof createMessageController>;
  requireLogin: RequestHandler;
  limitMessages: RequestHandler;
}

/** `/api/sessions` */
export function createSessionRoutes(dependencies: SessionRouteDependencies): Router {
  const { sessions, messages, requireLogin, limitMessages } = dependencies;
  const router = Router();
  router.use(requireLogin);
  /** Newest activity first → 200 `{sessions, nextCursor}` */
  router.get('/', validate(limit(), cursor()), sessions.list);
  /** `{name?, id?}` → 201 `Session`, or 200 if the user has it already */
  router.post('/', validate(newSessionId(), name().optional()), sessions.create);
  /** → 200 `Session` */
  router.get('/:sessionId', validate(sessionId()), sessions.read);
  /** `{name}` → 200 `Session` */
  router.patch('/:sessionId', validate(sessionId(), name()), sessions.rename);
  /** Deletes it with its messages → 204 */
  router.delete('/:sessionId', validate(sessionId()), sessions.remove);
  /** Ascending by `seq`; without a cursor the latest → 200 `{messages, hasMore}` */
  router.get('/:sessionId/messages', validate(sessionId(), before(), after(), limit()), messages.page);
  /** `{content, clientMessageId?}` → 201 `{message, reply}`, or 200 for a repeat; `reply` is null until there is one */
  router.post(
    '/:sessionId/messages',
    validate(sessionId(), messageContent(), messageClientId()),
    limitMessages,
    messages.send,
  );
  return router;
}
