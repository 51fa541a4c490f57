import { type RequestHandler, Router } from 'express';
import { query } from 'express-validator';
import {
  chatFields,
  type createChatController,
  type createExportController,
} from '../controllers/chatController';
import { validate } from '../middleware/validation';

export interface ChatRouteDependencies {
  controller: ReturnType<typeof createChatController>;
  exportController: ReturnType<typeof createExportController>;
  requireLogin: RequestHandler;
  limitMessages: RequestHandler;
}

const beforeWithoutAfter = query('before')
  .if(query('after').exists())
  .not()
  .exists()
  .withMessage('must not be given together with "after"');

/** `/api/sessions` */
export function createChatRoutes({
  exportController,
  controller,
  requireLogin,
  limitMessages,
}: ChatRouteDependencies): Router {
  const router = Router();
  router.use(requireLogin);
  /** Newest activity first, either the archived ones or the others → 200 `{sessions, nextCursor}` */
  router.get('/', validate(chatFields.listSessions), controller.listSessions);
  /** `{name?, id?}` → 201 `Session`, or 200 if the user has it already */
  router.post('/', validate(chatFields.createSession), controller.createSession);
  /** → 200 `Session` */
  router.get('/:sessionId', validate(chatFields.oneSession), controller.readSession);
  /** `{name?, pinned?, archived?}` → 200 `Session` */
  router.patch('/:sessionId', validate(chatFields.updateSession), controller.updateSession);
  /** `{seq}`: read up to there → 200 `Session` */
  router.put('/:sessionId/read', validate(chatFields.markRead), controller.markRead);
  /** The session with its messages, streamed → 200 Markdown or JSON Lines */
  router.get('/:sessionId/export', validate(chatFields.exportSession), exportController.exportSession);
  /** Deletes it with its messages → 204 */
  router.delete('/:sessionId', validate(chatFields.oneSession), controller.deleteSession);
  /** Ascending by `seq`; without a cursor the latest → 200 `{messages, hasMore}` */
  router.get(
    '/:sessionId/messages',
    validate(chatFields.readMessages, beforeWithoutAfter),
    controller.readMessages,
  );
  /** `{content, clientMessageId?, replaces?}` → 201 `{message, reply}`, or 200 for a repeat; `reply` is null until there is one */
  router.post(
    '/:sessionId/messages',
    validate(chatFields.sendMessage),
    limitMessages,
    controller.sendMessage,
  );
  /** Stops the reply to the message → 200 `{message}`: the reply, or null if it is not stored yet */
  router.delete(
    '/:sessionId/messages/:messageId/reply',
    validate(chatFields.stopReply),
    controller.stopReply,
  );
  /** `{variant}`: makes a further reply to the message → 202 `{variant}`, or 200 for a repeat */
  router.post(
    '/:sessionId/messages/:messageId/replies',
    validate(chatFields.regenerate),
    limitMessages,
    controller.regenerate,
  );
  /** The replies that are being made → 200 `{drafts}` */
  router.get('/:sessionId/drafts', validate(chatFields.oneSession), controller.readDrafts);
  return router;
}
