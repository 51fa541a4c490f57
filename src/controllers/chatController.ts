import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, RequestHandler, Response } from 'express';
import { ChatError } from '../domain/errors';
import {
  boolean,
  clientMessageId,
  content,
  exportFormat,
  optional,
  pageLimit,
  seq,
  sessionName,
  text,
  uuid,
  variant,
} from '../domain/fields';
import { PAGE_LENGTH } from '../domain/limits';
import { identityOf, onceClosed } from '../middleware/requests';
import { inPath, inQuery, read } from '../middleware/validation';
import type { Export, ExportService } from '../services/exportService';
import type { MessageService } from '../services/messageService';
import { type SessionService, sessionChangeFields } from '../services/sessionService';
import { uuidv7 } from '../utils/uuid';

const sessionId = inPath(uuid);
const limit = inQuery(optional(pageLimit));

/** The fields of each route. */
export const chatFields = {
  listSessions: {
    limit,
    cursor: inQuery(optional(text)),
    archived: inQuery(optional(boolean)),
    pinned: inQuery(optional(boolean)),
    unread: inQuery(optional(boolean)),
  },
  createSession: { id: optional(uuid), name: optional(sessionName) },
  oneSession: { sessionId },
  updateSession: { sessionId, ...sessionChangeFields },
  markRead: { sessionId, seq },
  exportSession: { sessionId, format: inQuery(optional(exportFormat)) },
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

/** Exports of one user at a time. Each takes memory and the database's time. */
const MAX_CONCURRENT = 2;
const RETRY_MS = 5_000;
/** A client that reads nothing for this long is disconnected, in milliseconds. */
const IDLE_MS = 30_000;

/** Downloads. They are streamed, so the memory they take doesn't depend on their length. */
export function createExportController(exports: ExportService) {
  const running = new Map<string, number>();

  /** Throws `RATE_LIMITED`. */
  function takeSlot(userId: string): () => void {
    const count = running.get(userId) ?? 0;
    if (count >= MAX_CONCURRENT) {
      const detail = `You have ${MAX_CONCURRENT} exports in progress. Wait until one of them is complete.`;
      const limit = { name: 'exports', quota: MAX_CONCURRENT, seconds: RETRY_MS / 1000 };
      throw new ChatError('RATE_LIMITED', { detail, retryAfterMs: RETRY_MS, limit });
    }
    running.set(userId, count + 1);
    return () => {
      const left = (running.get(userId) ?? 1) - 1;
      if (left === 0) running.delete(userId);
      else running.set(userId, left);
    };
  }

  const sendExport = (open: (request: Request) => Promise<Export>): RequestHandler => {
    return async (request, response) => {
      onceClosed(request, response, takeSlot(identityOf(request).userId));
      await send(await open(request), request, response);
    };
  };

  const exportSession = sendExport((request) => {
    const { sessionId, format = 'markdown' } = read(request, chatFields.exportSession);
    return exports.session(identityOf(request), sessionId, format);
  });

  const exportAccount = sendExport((request) => exports.account(identityOf(request)));

  return { exportSession, exportAccount };
}

/**
 * Failures before the first chunk are normal error responses. If the export fails later, the connection is destroyed, so that the client
 * can't take the file for a complete one.
 */
async function send(
  { fileName, mediaType, chunks }: Export,
  request: Request,
  response: Response,
): Promise<void> {
  const first = request.method === 'HEAD' ? null : await chunks.next();
  response.attachment(fileName).set('Content-Type', mediaType);
  if (first === null || first.done) return void response.end();
  response.setTimeout(IDLE_MS, () => response.destroy());
  try {
    await pipeline(Readable.from(resumed(first.value, chunks)), response);
  } catch (error) {
    // The client has disconnected, or is too slow.
    if (!isPrematureClose(error)) throw error;
  }
}

async function* resumed(first: string, rest: AsyncGenerator<string, void>): AsyncGenerator<string, void> {
  yield first;
  yield* rest;
}

function isPrematureClose(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    error.code === 'ERR_STREAM_PREMATURE_CLOSE'
  );
}
