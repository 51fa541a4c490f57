import type { ErrorCode } from '../domain/errors';
import type { Method, Parameter, Tag } from './documents';
import type { JsonSchema } from './jsonSchema';

/** The body of a request or of a response. */
export interface Content {
  schema: JsonSchema;
  example: unknown;
  /** `application/json` if omitted. */
  mediaType?: string;
}

export interface Success {
  status: 200 | 201 | 202 | 204;
  description: string;
  /** Omitted with 204. Several for several media types. */
  content?: Content | readonly Content[];
}

/** One route and all of its responses, from which its part of the OpenAPI document is built. */
export interface Operation {
  id: string;
  method: Method;
  /** With parameters in braces. */
  path: string;
  tag: Tag;
  summary: string;
  description: string;
  /** Needs no token. */
  isPublic: boolean;
  parameters: readonly Parameter[];
  body?: Content & { isOptional?: boolean };
  successes: readonly Success[];
  /** Every error code that the route can return. */
  codes: readonly ErrorCode[];
  /** Its responses carry `RateLimit` headers. */
  isRateLimited: boolean;
  /** It hashes a password: if too many wait for that, its 503 carries `Retry-After`. */
  hashesPasswords?: true;
  /** Its successful response is a download. It is streamed, so it has no version. */
  isDownload?: true;
  /** The `Cache-Control` of its responses. */
  caching?: 'no-store' | 'no-cache';
}

/** The error codes of every route under `/api`. The first four are about the request body. */
const ANY_CALL: readonly ErrorCode[] = [
  'VALIDATION_FAILED',
  'MALFORMED_JSON',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'INTERNAL',
  'UNAVAILABLE',
];
const ANY_CALL_WITH_TOKEN: readonly ErrorCode[] = ['UNAUTHENTICATED', 'TOKEN_EXPIRED', ...ANY_CALL];

type WithDefault = 'isPublic' | 'parameters' | 'codes' | 'isRateLimited';
type Call = Omit<Operation, WithDefault | 'caching'> & Partial<Pick<Operation, WithDefault>>;

/** An operation under `/api`, whose responses depend on who asks. `codes` are the error codes that not every call has. */
export function apiCall({ codes = [], ...call }: Call): Operation {
  const { isPublic = false } = call;
  return {
    isPublic,
    parameters: [],
    isRateLimited: false,
    caching: 'no-store',
    ...call,
    codes: [...codes, ...(isPublic ? ANY_CALL : ANY_CALL_WITH_TOKEN)],
  };
}
