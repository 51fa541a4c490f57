import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import { ChatError, ERROR_CATALOGUE, type ErrorCode, type Problem, problemType } from '../domain/errors';
import { tellLimit } from './rateLimits';
import { requestIdOf } from './requestId';

/** Answers what no route takes. */
export const rejectUnknownRoute: RequestHandler = (request) => {
  throw new ChatError('NOT_FOUND', { detail: `There is no route ${request.method} ${request.path}.` });
};

const failures = new WeakMap<Response, ChatError>();

/** What was answered instead of a success, with its cause: for the log. */
export function failureOf(response: Response): ChatError | undefined {
  return failures.get(response);
}

/** Answers every error as a problem, which tells nothing of its cause. */
export const answerProblems: ErrorRequestHandler = (thrown: unknown, request, response, next) => {
  const error = asChatError(thrown);
  const { status, title } = ERROR_CATALOGUE[error.code];
  failures.set(response, error);
  if (response.headersSent) return next(thrown);
  if (error.retryAfterMs !== undefined) {
    const seconds = Math.ceil(error.retryAfterMs / 1000);
    response.set('Retry-After', String(seconds));
    if (error.limit) tellLimit(response, error.limit, 0, seconds);
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

/** What Express and its parsers throw carries the status they mean; nothing of their texts is passed on. */
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
