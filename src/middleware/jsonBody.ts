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

/** The parser would replace invalid UTF-8 by U+FFFD, so that the stored text would differ from the one that was sent. */
function requireUtf8(_request: unknown, _response: unknown, body: Buffer): void {
  if (!isUtf8(body)) throw new ChatError('MALFORMED_JSON');
}

/** Without this, an array would pass where all fields are optional. */
const requireObject: RequestHandler = (request, _response, next) => {
  if (Array.isArray(request.body)) throw validationFailed([{ field: 'body', message: 'must be an object' }]);
  next();
};

/** Parses the body, and rejects a body that is not a JSON object in UTF-8. */
export const jsonBody: RequestHandler[] = [
  requireJson,
  express.json({ limit: MAX_BODY_BYTES, verify: requireUtf8 }),
  requireObject,
];
