import { REQUEST_ID_PATTERN } from '../../domain/limits';
import type { JsonSchema } from '../schemas/jsonSchema';
import type { Operation } from './operation';

/** A header as OpenAPI has it. */
export interface Header {
  description: string;
  required: boolean;
  schema: JsonSchema;
  example: string;
}

export interface HeaderReference {
  $ref: string;
}

/** The headers of an answer, each with where it is described. */
export type Headers = Record<string, HeaderReference>;

const requestId: Header = {
  description:
    'The id of the request: that of a trusted proxy, or a new UUID. The log of the server has it too: name it when you ' +
    'ask for help.',
  required: true,
  schema: { type: 'string', pattern: REQUEST_ID_PATTERN },
  example: '018493ee-f9d4-44b3-a933-234d221bf62c',
};

const noStore: Header = {
  description: 'The answer is for whoever asked, not for caches on the way.',
  required: true,
  schema: { const: 'no-store' },
  example: 'no-store',
};

const noCache: Header = {
  description: 'A cache may keep the answer, and is to ask each time whether it is still the same.',
  required: true,
  schema: { const: 'no-cache' },
  example: 'no-cache',
};

const wwwAuthenticate: Header = {
  description: 'How to log in: with a bearer token.',
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
  description: `${retryAfter.description} There if too many passwords wait to be hashed.`,
  required: false,
};

const rateLimit: Header = {
  description: 'Of each limit how many are left (`r`) and in how many seconds there are more (`t`).',
  required: false,
  schema: { type: 'string', pattern: '^"[^"]+"; r=\\d+; t=\\d+(, "[^"]+"; r=\\d+; t=\\d+)*$' },
  example: '"10-in-1min"; r=9; t=60',
};

const rateLimitPolicy: Header = {
  description: 'Of each limit how many there are (`q`) in how many seconds (`w`).',
  required: false,
  schema: {
    type: 'string',
    pattern: '^"[^"]+"; q=\\d+; w=\\d+(; pk=:[^:]+:)?(, "[^"]+"; q=\\d+; w=\\d+(; pk=:[^:]+:)?)*$',
  },
  example: '"10-in-1min"; q=10; w=60; pk=:MTJjYTE3YjQ5YWYy:',
};

const etag: Header = {
  description:
    'The version of the answer. Send it as `If-None-Match`, and the same answer is not sent again.',
  required: true,
  schema: { type: 'string', pattern: '^(W/)?"[^"]+"$' },
  example: 'W/"f-VaSQ4oDUiZblZNAEkkN+sX+q3Sg"',
};

/** The headers that the server sets, under the names that answers refer to. */
export const HEADERS = {
  'X-Request-Id': requestId,
  'Cache-Control-no-store': noStore,
  'Cache-Control-no-cache': noCache,
  'WWW-Authenticate': wwwAuthenticate,
  ETag: etag,
  'Retry-After': retryAfter,
  'Overloaded-Retry-After': overloadedRetryAfter,
  RateLimit: rateLimit,
  'RateLimit-Policy': rateLimitPolicy,
  'Refused-RateLimit': { ...rateLimit, required: true },
  'Refused-RateLimit-Policy': { ...rateLimitPolicy, required: true },
} as const satisfies Record<string, Header>;

/** The headers of an operation's answer with this status, apart from those of HTTP itself. */
export function headersOf(operation: Operation, status: number): Headers {
  const { method, caching, tellsLimit, hashesPasswords } = operation;
  const isRefused = status === 429;
  return {
    'X-Request-Id': header('X-Request-Id'),
    ...(caching && { 'Cache-Control': header(`Cache-Control-${caching}`) }),
    ...(method === 'get' && (status === 200 || status === 304) && { ETag: header('ETag') }),
    ...(status === 401 && { 'WWW-Authenticate': header('WWW-Authenticate') }),
    ...(isRefused && { 'Retry-After': header('Retry-After') }),
    ...(status === 503 && hashesPasswords && { 'Retry-After': header('Overloaded-Retry-After') }),
    ...((isRefused || tellsLimit) && {
      RateLimit: header(isRefused ? 'Refused-RateLimit' : 'RateLimit'),
      'RateLimit-Policy': header(isRefused ? 'Refused-RateLimit-Policy' : 'RateLimit-Policy'),
    }),
  };
}

function header(name: keyof typeof HEADERS): HeaderReference {
  return { $ref: `#/components/headers/${name}` };
}
