import type { RequestHandler } from 'express';
import { PAGE_LENGTH } from '../domain/limits';
import type { MessageQuery } from '../domain/message';
import { identityOf } from '../middleware/authentication';
import { validated } from '../middleware/validation';
import type { MessageService, Sending } from '../services/messageService';
import type { SessionService } from '../services/sessionService';
import { uuidv7 } from '../utils/uuid';

/** REST has no socket that would know of the change already, so every device of the user is told. */
const FROM_REST = {};

/** Chat sessions and their messages over REST. */
export function createChatController(sessions: SessionService, messages: MessageService) {
  const list: RequestHandler = async (request, response) => {
    const { limit = PAGE_LENGTH.default, cursor } = validated<{ limit?: number; cursor?: string }>(request);
    const page = { limit, ...(cursor !== undefined && { cursor }) };
    response.json(await sessions.list(identityOf(request).userId, page));
  };

  const create: RequestHandler = async (request, response) => {
    const { id = uuidv7(), name = null } = validated<{ id?: string; name?: string }>(request);
    const { session, created } = await sessions.open(identityOf(request).userId, id, name, FROM_REST);
    response.status(created ? 201 : 200).json(session);
  };

  const read: RequestHandler = async (request, response) => {
    const { sessionId } = validated<{ sessionId: string }>(request);
    response.json(await sessions.find(identityOf(request).userId, sessionId));
  };

  const rename: RequestHandler = async (request, response) => {
    const { sessionId, name } = validated<{ sessionId: string; name: string }>(request);
    response.json(await sessions.rename(identityOf(request).userId, sessionId, name, FROM_REST));
  };

  const remove: RequestHandler = async (request, response) => {
    const { sessionId } = validated<{ sessionId: string }>(request);
    await sessions.delete(identityOf(request).userId, sessionId, FROM_REST);
    response.status(204).end();
  };

  const readMessages: RequestHandler = async (request, response) => {
    const {
      sessionId,
      limit = PAGE_LENGTH.default,
      ...cursor
    } = validated<{ sessionId: string } & Partial<MessageQuery>>(request);
    response.json(await messages.page(identityOf(request).userId, sessionId, { limit, ...cursor }));
  };

  const sendMessage: RequestHandler = async (request, response) => {
    const sending = validated<Omit<Sending, 'userId'>>(request);
    const { message, reply, duplicate } = await messages.send(
      { userId: identityOf(request).userId, ...sending },
      FROM_REST,
    );
    response.status(duplicate ? 200 : 201).json({ message, reply });
  };

  return { list, create, read, rename, remove, readMessages, sendMessage };
}
