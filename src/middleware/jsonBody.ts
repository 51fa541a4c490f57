import { isUtf8 } from 'node:buffer';
import express, { type RequestHandler } from 'express';
import { ChatError } from '../domain/errors';
import { validationFailed } from '../domain/fields';
import { MAX_BODY_BYTES } from '../domain/limits';

const requireJson: RequestHandler = (request, _response, next) => {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length']) > 0;
  if (hasBody && !request.is('application/json')) throw new ChatError('UNSUPPORTED_MEDIA_TYPE');
  next();
};

/** The parser would put U+FFFD in the place of what is no UTF-8, and something else would be stored than was sent. */
function requireUtf8(_request: unknown, _response: unknown, body: Buffer): void {
  if (!isUtf8(body)) throw new ChatError('MALFORMED_JSON');
}

/** A list has no fields; where all fields may be missing, it would pass for an object. */
const requireObject: RequestHandler = (request, _response, next) => {
  if (Array.isArray(request.body)) throw validationFailed([{ field: 'body', message: 'must be an object' }]);
  next();
};

/** Reads bodies that are JSON objects, and refuses all others. */
export const jsonBody: RequestHandler[] = [
  requireJson,
  express.json({ limit: MAX_BODY_BYTES, verify: requireUtf8 }),
  requireObject,
];
