import type { RequestHandler } from 'express';
import { PAGE_LENGTH } from '../domain/limits';
import type { MessageQuery } from '../domain/message';
import { identityOf } from '../middleware/authentication';
import { validated } from '../middleware/validation';
import type { MessageService, Sending } from '../services/messageService';

/** Messages over REST. */
export function createMessageController(messages: MessageService) {
  const page: RequestHandler = async (request, response) => {
    const {
      sessionId,
      limit = PAGE_LENGTH.default,
      ...cursor
    } = validated<{ sessionId: string } & Partial<MessageQuery>>(request);
    response.json(await messages.page(identityOf(request).userId, sessionId, { limit, ...cursor }));
  };

  const send: RequestHandler = async (request, response) => {
    const sending = validated<Omit<Sending, 'userId'>>(request);
    const { message, reply, duplicate } = await messages.send(
      { userId: identityOf(request).userId, ...sending },
      {},
    );
    response.status(duplicate ? 200 : 201).json({ message, reply });
  };

  return { page, send };
}
