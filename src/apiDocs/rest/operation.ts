import type { ErrorCode } from '../../domain/errors';
import type { JsonSchema } from '../schemas/jsonSchema';

export type Tag = 'Accounts' | 'Devices' | 'Sessions' | 'Messages' | 'Server';

export interface Parameter {
  name: string;
  in: 'path' | 'query';
  schema: JsonSchema;
  example: string | number;
}

/** What a body has, in either direction. */
export interface Content {
  schema: JsonSchema;
  example: unknown;
  /** JSON unless it says otherwise. */
  mediaType?: string;
}

export interface Success {
  status: 200 | 201 | 204;
  description: string;
  /** None with 204. */
  content?: Content;
}

/** One route, with everything that it can answer. */
export interface Operation {
  id: string;
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
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
  /** Every code that it can fail with. */
  codes: readonly ErrorCode[];
  /** Its answers tell in `RateLimit` headers how many more are allowed. */
  tellsLimit: boolean;
  /** It hashes passwords, and says when to come back where too many wait for that already. */
  hashesPasswords?: true;
  /** What caches are told about its answers. */
  caching?: 'no-store' | 'no-cache';
}

/** What everything under `/api` can fail with, whatever it does; the first four because of a body that is wrong. */
const ANY_CALL: readonly ErrorCode[] = [
  'VALIDATION_FAILED',
  'MALFORMED_JSON',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'INTERNAL',
  'UNAVAILABLE',
];
const ANY_CALL_WITH_TOKEN: readonly ErrorCode[] = ['UNAUTHENTICATED', 'TOKEN_EXPIRED', ...ANY_CALL];

type Special = 'isPublic' | 'parameters' | 'codes' | 'tellsLimit';

/** What is left to say of a call: `codes` are those that other calls don't have. */
export type Call = Omit<Operation, Special> & Partial<Pick<Operation, Special>>;

/** A call of the API, with what all of them have in common. */
export function apiCall({ codes = [], ...call }: Call): Operation {
  const { isPublic = false } = call;
  return {
    isPublic,
    parameters: [],
    tellsLimit: false,
    ...call,
    codes: [...codes, ...(isPublic ? ANY_CALL : ANY_CALL_WITH_TOKEN)],
  };
}
