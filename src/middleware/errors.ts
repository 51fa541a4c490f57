import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { ChatError, ERROR_CATALOGUE, type ErrorCode, type Problem, problemType } from '../domain/errors';
import { setRateLimitHeaders } from './rateLimits';
import { noteFailure, requestIdOf } from './requests';

export const rejectUnknownRoute: RequestHandler = (request) => {
  throw new ChatError('NOT_FOUND', { detail: `There is no route ${request.method} ${request.path}.` });
};

/** Sends every error as a problem (RFC 9457), without its cause. */
export const answerProblems: ErrorRequestHandler = (thrown: unknown, request, response, _next) => {
  const error = asChatError(thrown);
  const { status, title } = ERROR_CATALOGUE[error.code];
  noteFailure(response, error);
  // The client must not take the response for a complete one.
  if (response.headersSent) return void response.destroy();
  if (error.retryAfterMs !== undefined) {
    const seconds = Math.ceil(error.retryAfterMs / 1000);
    response.set('Retry-After', String(seconds));
    if (error.limit) setRateLimitHeaders(response, error.limit, 0, seconds);
  }
  if (status === 401) response.set('WWW-Authenticate', 'Bearer');
  const problem: Problem = {
    type: problemType(error.code),
    title,
    status,
    detail: error.message,
    instance: request.path,
    code: error.code,
    ...(error.errors && { errors: error.errors }),
    requestId: requestIdOf(response),
  };
  response.status(status).type('application/problem+json').send(JSON.stringify(problem));
};

const CODE_OF_STATUS: Record<number, ErrorCode> = {
  404: 'NOT_FOUND',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
};

/** Errors of Express and its parsers carry a status, which becomes a code. Their texts never reach the client. */
function asChatError(thrown: unknown): ChatError {
  if (thrown instanceof ChatError) return thrown;
  const { status, type } = httpErrorOf(thrown);
  const code = CODE_OF_STATUS[status];
  if (code) return new ChatError(code, { cause: thrown });
  if (type === 'entity.parse.failed') return new ChatError('MALFORMED_JSON', { cause: thrown });
  if (status >= 400 && status < 500) {
    return new ChatError('VALIDATION_FAILED', {
      detail: STATUS_CODES[status] ?? 'Bad Request',
      cause: thrown,
    });
  }
  return new ChatError('INTERNAL', { cause: thrown });
}

function httpErrorOf(thrown: unknown): { status: number; type: unknown } {
  const { status, type }: { status?: unknown; type?: unknown } =
    typeof thrown === 'object' && thrown !== null ? thrown : {};
  return { status: typeof status === 'number' ? status : 500, type };
}
