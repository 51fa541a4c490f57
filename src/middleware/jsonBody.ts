import express, { type Request, type RequestHandler } from 'express';
import { ChatError } from '../domain/errors';
import { validationFailed } from '../domain/fields';
import { MAX_BODY_BYTES } from '../domain/limits';

/** Many clients write the name of the charset without its hyphen. */
const UTF8_NAMES: readonly string[] = ['utf-8', 'utf8'];

/** Rejects invalid UTF-8: replaced by U+FFFD, the stored text would differ from the one that was sent. Drops a byte order mark. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

function requireJson(request: Request): void {
  if (!request.is('application/json')) throw new ChatError('UNSUPPORTED_MEDIA_TYPE');
  const type = request.get('content-type') ?? '';
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(type)?.[1];
  if (charset && !UTF8_NAMES.includes(charset.toLowerCase())) throw new ChatError('UNSUPPORTED_MEDIA_TYPE');
}

/** A body whose length is known is rejected before it is read. */
const rejectOtherTypes: RequestHandler = (request, _response, next) => {
  if (Number(request.headers['content-length']) > 0) requireJson(request);
  next();
};

/** Only the bytes show whether there is a body: proxies announce a chunked one for requests that have none. */
const parseBytes: RequestHandler = (request, _response, next) => {
  const bytes: unknown = request.body;
  if (Buffer.isBuffer(bytes) && bytes.length > 0) {
    requireJson(request);
    request.body = parseObject(bytes);
  } else {
    request.body = undefined;
  }
  next();
};

/** An array is an object to JavaScript, and would pass where all fields are optional. */
function parseObject(bytes: Buffer): object {
  const value = parseJson(bytes);
  if (Array.isArray(value)) throw validationFailed([{ field: 'body', message: 'must be an object' }]);
  if (typeof value !== 'object' || value === null) throw new ChatError('MALFORMED_JSON');
  return value;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    // The error of the parser quotes the body, which may contain a password.
    throw new ChatError('MALFORMED_JSON');
  }
}

/** Parses the body, and rejects a body that is not a JSON object in UTF-8. */
export const jsonBody: RequestHandler[] = [
  rejectOtherTypes,
  express.raw({ limit: MAX_BODY_BYTES, type: () => true }),
  parseBytes,
];
