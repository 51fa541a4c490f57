import type { RequestHandler } from 'express';
import {
  boolean,
  clientMessageId,
  content,
  optional,
  pageLimit,
  seq,
  sessionName,
  text,
  uuid,
  variant,
} from '../domain/fields';
import { PAGE_LENGTH } from '../domain/limits';
import { identityOf } from '../middleware/requests';
import { inPath, inQuery, read } from '../middleware/validation';
import type { MessageService } from '../services/messageService';
import { type SessionService, sessionChangeFields } from '../services/sessionService';
import { uuidv7 } from '../utils/uuid';

const sessionId = inPath(uuid);
const limit = inQuery(optional(pageLimit));

/** The fields of each route. */
export const chatFields = {
  listSessions: { limit, cursor: inQuery(optional(text)), archived: inQuery(optional(boolean)) },
  createSession: { id: optional(uuid), name: optional(sessionName) },
  oneSession: { sessionId },
  updateSession: { sessionId, ...sessionChangeFields },
  markRead: { sessionId, seq },
  readMessages: { sessionId, before: inQuery(optional(seq)), after: inQuery(optional(seq)), limit },
  stopReply: { sessionId, messageId: inPath(uuid) },
  regenerate: { sessionId, messageId: inPath(uuid), variant },
  sendMessage: {
    sessionId,
    content,
    clientMessageId: optional(clientMessageId),
    replaces: optional(uuid),
  },
};

/** Chat sessions and their messages over REST. */
export function createChatController(sessions: SessionService, messages: MessageService) {
  const listSessions: RequestHandler = async (request, response) => {
    const { limit = PAGE_LENGTH.default, ...query } = read(request, chatFields.listSessions);
    response.json(await sessions.list(identityOf(request).userId, { limit, ...query }));
  };

  const createSession: RequestHandler = async (request, response) => {
    const { id = uuidv7(), name = null } = read(request, chatFields.createSession);
    const { session, created } = await sessions.open(identityOf(request).userId, id, name);
    response.status(created ? 201 : 200).json(session);
  };

  const readSession: RequestHandler = async (request, response) => {
    const { sessionId } = read(request, chatFields.oneSession);
    response.json(await sessions.find(identityOf(request).userId, sessionId));
  };

  const updateSession: RequestHandler = async (request, response) => {
    const { sessionId, ...changes } = read(request, chatFields.updateSession);
    response.json(await sessions.update(identityOf(request).userId, sessionId, changes));
  };

  const markRead: RequestHandler = async (request, response) => {
    const { sessionId, seq } = read(request, chatFields.markRead);
    response.json(await sessions.markRead(identityOf(request).userId, sessionId, seq));
  };

  const deleteSession: RequestHandler = async (request, response) => {
    const { sessionId } = read(request, chatFields.oneSession);
    await sessions.delete(identityOf(request).userId, sessionId);
    response.status(204).end();
  };

  const readMessages: RequestHandler = async (request, response) => {
    const { sessionId, limit = PAGE_LENGTH.default, ...range } = read(request, chatFields.readMessages);
    response.json(await messages.page(identityOf(request).userId, sessionId, { limit, ...range }));
  };

  const sendMessage: RequestHandler = async (request, response) => {
    const sending = { userId: identityOf(request).userId, ...read(request, chatFields.sendMessage) };
    const { message, reply, duplicate } = await messages.send(sending);
    response.status(duplicate ? 200 : 201).json({ message, reply });
  };

  const stopReply: RequestHandler = async (request, response) => {
    const { sessionId, messageId } = read(request, chatFields.stopReply);
    const message = await messages.stopReply(identityOf(request).userId, sessionId, messageId);
    response.json({ message });
  };

  const regenerate: RequestHandler = async (request, response) => {
    const { sessionId, messageId, variant } = read(request, chatFields.regenerate);
    const { userId } = identityOf(request);
    const { isRepeated } = await messages.regenerate(userId, sessionId, messageId, variant);
    response.status(isRepeated ? 200 : 202).json({ variant });
  };

  const readDrafts: RequestHandler = async (request, response) => {
    const { sessionId } = read(request, chatFields.oneSession);
    response.json({ drafts: await messages.drafts(identityOf(request).userId, sessionId) });
  };

  return {
    listSessions,
    createSession,
    readSession,
    updateSession,
    markRead,
    deleteSession,
    readMessages,
    sendMessage,
    stopReply,
    regenerate,
    readDrafts,
  };
}
