import { STATUS_CODES } from 'node:http';
import { ERROR_CATALOGUE, type ErrorCode } from '../domain/errors';
import { REQUEST_ID_PATTERN } from '../domain/limits';
import type { Header, Headers, MediaType, Reference, RestResponse } from './documents';
import { problemExample } from './examples';
import type { Content, Operation } from './operation';
import { ref } from './schemas';

/** Every response of an operation, by status. */
export function responsesOf(operation: Operation): Record<string, RestResponse> {
  const responses: Record<string, RestResponse> = {};
  for (const { status, description, content } of operation.successes) {
    responses[status] = {
      description,
      headers: headersOf(operation, status),
      ...(content && { content: Object.assign({}, ...[content].flat().map(mediaTypesOf)) }),
    };
  }
  if (operation.method === 'get' && !operation.isDownload) {
    responses[304] = {
      description: 'Not modified since the version in `If-None-Match`.',
      headers: headersOf(operation, 304),
    };
  }
  for (const [status, codes] of groupByStatus(operation.codes)) {
    responses[status] = errorResponse(operation, status, codes);
  }
  return responses;
}

/** A body as OpenAPI describes it, by media type. */
export function mediaTypesOf({ mediaType = 'application/json', schema, example }: Content) {
  return { [mediaType]: { schema, example } } satisfies Record<string, MediaType>;
}

function groupByStatus(codes: readonly ErrorCode[]): Map<number, ErrorCode[]> {
  const groups = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = ERROR_CATALOGUE[code];
    groups.set(status, [...(groups.get(status) ?? []), code]);
  }
  return groups;
}

function errorResponse(operation: Operation, status: number, codes: readonly ErrorCode[]): RestResponse {
  const path = operation.parameters.reduce(
    (filled, { name, example }) => filled.replace(`{${name}}`, String(example)),
    operation.path,
  );
  const examples = codes.map((code) => [
    code,
    { summary: ERROR_CATALOGUE[code].title, value: problemExample(code, path) },
  ]);
  return {
    description: `${STATUS_CODES[status] ?? 'Error'}: ${codes.map((code) => `\`${code}\``).join(', ')}.`,
    headers: headersOf(operation, status),
    content: {
      'application/problem+json': {
        schema: { ...ref('Problem'), properties: { status: { const: status }, code: { enum: codes } } },
        examples: Object.fromEntries(examples),
      },
    },
  };
}

const requestId: Header = {
  description:
    "The id of the request: the trusted proxy's, or a new UUID. It is also in the server's log; include it when you " +
    'ask for help.',
  required: true,
  schema: { type: 'string', pattern: REQUEST_ID_PATTERN },
  example: '018493ee-f9d4-44b3-a933-234d221bf62c',
};

const noStore: Header = {
  description: 'Caches must not store the response.',
  required: true,
  schema: { const: 'no-store' },
  example: 'no-store',
};

const noCache: Header = {
  description: 'Caches may store the response, but must revalidate it before each use.',
  required: true,
  schema: { const: 'no-cache' },
  example: 'no-cache',
};

const wwwAuthenticate: Header = {
  description: 'How to authenticate: with a bearer token.',
  required: true,
  schema: { const: 'Bearer' },
  example: 'Bearer',
};

const retryAfter: Header = {
  description: 'How many seconds to wait before the next attempt.',
  required: true,
  schema: { type: 'string', pattern: '^\\d+$' },
  example: '12',
};

const overloadedRetryAfter: Header = {
  ...retryAfter,
  description: `${retryAfter.description} Set if too many passwords are waiting to be hashed.`,
  required: false,
};

const rateLimit: Header = {
  description: 'For each limit: how many requests are left (`r`), and the seconds until it resets (`t`).',
  required: false,
  schema: { type: 'string', pattern: '^"[^"]+"; r=\\d+; t=\\d+(, "[^"]+"; r=\\d+; t=\\d+)*$' },
  example: '"10-in-1min"; r=9; t=60',
};

const rateLimitPolicy: Header = {
  description: 'For each limit: how many requests are allowed (`q`) in how many seconds (`w`).',
  required: false,
  schema: {
    type: 'string',
    pattern: '^"[^"]+"; q=\\d+; w=\\d+(; pk=:[^:]+:)?(, "[^"]+"; q=\\d+; w=\\d+(; pk=:[^:]+:)?)*$',
  },
  example: '"10-in-1min"; q=10; w=60; pk=:MTJjYTE3YjQ5YWYy:',
};

const etag: Header = {
  description:
    'The version of the response. Send it as `If-None-Match`: an unchanged response is not sent again.',
  required: true,
  schema: { type: 'string', pattern: '^(W/)?"[^"]+"$' },
  example: 'W/"f-VaSQ4oDUiZblZNAEkkN+sX+q3Sg"',
};

const contentDisposition: Header = {
  description: 'A name for the file.',
  required: true,
  schema: { type: 'string', pattern: '^attachment; filename=' },
  example: 'attachment; filename="chat-Hello-server.md"',
};

/** The headers that the server sets, by the name that responses refer to. */
export const HEADERS = {
  'X-Request-Id': requestId,
  'Cache-Control-no-store': noStore,
  'Cache-Control-no-cache': noCache,
  'WWW-Authenticate': wwwAuthenticate,
  ETag: etag,
  'Content-Disposition': contentDisposition,
  'Retry-After': retryAfter,
  'Overloaded-Retry-After': overloadedRetryAfter,
  RateLimit: rateLimit,
  'RateLimit-Policy': rateLimitPolicy,
  'Refused-RateLimit': { ...rateLimit, required: true },
  'Refused-RateLimit-Policy': { ...rateLimitPolicy, required: true },
} as const satisfies Record<string, Header>;

/** The headers of a response, without those that HTTP itself defines for every response. */
function headersOf(operation: Operation, status: number): Headers {
  const { method, caching, isRateLimited, hashesPasswords, isDownload } = operation;
  const isRefused = status === 429;
  return {
    'X-Request-Id': header('X-Request-Id'),
    ...(caching && { 'Cache-Control': header(`Cache-Control-${caching}`) }),
    ...(method === 'get' && !isDownload && (status === 200 || status === 304) && { ETag: header('ETag') }),
    ...(isDownload && status === 200 && { 'Content-Disposition': header('Content-Disposition') }),
    ...(status === 401 && { 'WWW-Authenticate': header('WWW-Authenticate') }),
    ...(isRefused && { 'Retry-After': header('Retry-After') }),
    ...(status === 503 && hashesPasswords && { 'Retry-After': header('Overloaded-Retry-After') }),
    ...((isRefused || isRateLimited) && {
      RateLimit: header(isRefused ? 'Refused-RateLimit' : 'RateLimit'),
      'RateLimit-Policy': header(isRefused ? 'Refused-RateLimit-Policy' : 'RateLimit-Policy'),
    }),
  };
}

function header(name: keyof typeof HEADERS): Reference {
  return { $ref: `#/components/headers/${name}` };
}
