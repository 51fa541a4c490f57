import { type RequestHandler, Router } from 'express';
import type { createChatController } from '../controllers/chatController';
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

export interface ChatRouteDependencies {
  controller: ReturnType<typeof createChatController>;
  requireLogin: RequestHandler;
  limitMessages: RequestHandler;
}

/** `/api/sessions` */
export function createChatRoutes(dependencies: ChatRouteDependencies): Router {
  const { controller, requireLogin, limitMessages } = dependencies;
  const router = Router();
  router.use(requireLogin);
  /** Newest activity first → 200 `{sessions, nextCursor}` */
  router.get('/', validate(limit(), cursor()), controller.list);
  /** `{name?, id?}` → 201 `Session`, or 200 if the user has it already */
  router.post('/', validate(newSessionId(), name().optional()), controller.create);
  /** → 200 `Session` */
  router.get('/:sessionId', validate(sessionId()), controller.read);
  /** `{name}` → 200 `Session` */
  router.patch('/:sessionId', validate(sessionId(), name()), controller.rename);
  /** Deletes it with its messages → 204 */
  router.delete('/:sessionId', validate(sessionId()), controller.remove);
  /** Ascending by `seq`; without a cursor the latest → 200 `{messages, hasMore}` */
  router.get(
    '/:sessionId/messages',
    validate(sessionId(), before(), after(), limit()),
    controller.readMessages,
  );
  /** `{content, clientMessageId?}` → 201 `{message, reply}`, or 200 for a repeat; `reply` is null until there is one */
  router.post(
    '/:sessionId/messages',
    validate(sessionId(), messageContent(), messageClientId()),
    limitMessages,
    controller.sendMessage,
  );
  return router;
}
