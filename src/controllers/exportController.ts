import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, RequestHandler, Response } from 'express';
import { ChatError } from '../domain/errors';
import { exportFormat, optional, uuid } from '../domain/fields';
import { identityOf } from '../middleware/authentication';
import { onceClosed } from '../middleware/requests';
import { inPath, inQuery, read } from '../middleware/validation';
import type { Export, ExportService } from '../services/exportService';

/** Exports of one user at a time. Each takes memory and the database's time. */
const MAX_CONCURRENT = 2;
const RETRY_MS = 5_000;
/** A client that reads nothing for this long is disconnected, in milliseconds. */
const IDLE_MS = 30_000;

/** The fields of each route. */
export const exportFields = {
  exportSession: { sessionId: inPath(uuid), format: inQuery(optional(exportFormat)) },
};

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
    const { sessionId, format = 'markdown' } = read(request, exportFields.exportSession);
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
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}
