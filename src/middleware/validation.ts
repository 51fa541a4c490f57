import express, { type Request, type RequestHandler } from 'express';
import { body, param, query, type ValidationChain, validationResult } from 'express-validator';
import { ChatError, type FieldError } from '../domain/errors';
import { type Field, ownProperty, parseFields, type ValuesOf, validationFailed } from '../domain/fields';
import { MAX_BODY_BYTES } from '../domain/limits';

/** A field of a request; it is in the body unless `in` is set. */
type RequestField = Field<unknown> & { readonly in?: 'params' | 'query' };

/** The fields that a route accepts, by name. */
export type RequestFields = Readonly<Record<string, RequestField>>;

/** A field in the path of a route. */
export function inPath<F extends Field<unknown>>(field: F): F & { in: 'params' } {
  return { ...field, in: 'params' };
}

/** A field in the query, where numbers and flags are written as text. */
export function inQuery<F extends Field<unknown>>(field: F): F & { in: 'query' } {
  return { ...field, in: 'query' };
}

/** Rejects a request with `VALIDATION_FAILED` that names every invalid field. `rules` check conditions across several fields. */
export function validate(fields: RequestFields, ...rules: ValidationChain[]): RequestHandler[] {
  const chains = Object.entries(fields).map(([name, field]) => chainOf(name, field));
  return [...chains, ...rules, rejectInvalid];
}

/** Returns the fields of a request that passed `validate`; a missing optional field is missing here too. */
export function read<F extends RequestFields>(request: Request, fields: F): ValuesOf<F> {
  const given = Object.entries(fields).map(([name, field]) => {
    const value = ownProperty(request[field.in ?? 'body'], name);
    return [name, decode(field, value)] as const;
  });
  return parseFields(fields, Object.fromEntries(given));
}

function chainOf(name: string, field: RequestField): ValidationChain {
  const chain = { params: param, query, body }[field.in ?? 'body'](name);
  if (field.isOptional) chain.optional({ values: 'null' });
  return chain.custom((value: unknown) => {
    const parsed = field.parse(decode(field, value));
    if ('problem' in parsed) throw new Error(parsed.problem);
    return true;
  });
}

/** Converts a number or a flag in a query. `1` is a number; `01`, `1.0` and `1e0` are not. */
function decode(field: RequestField, value: unknown): unknown {
  if (field.in !== 'query' || typeof value !== 'string') return value;
  const { type } = field.schema;
  if (type === 'integer' && /^(0|[1-9]\d*)$/.test(value)) return Number(value);
  return type === 'boolean' && /^(true|false)$/.test(value) ? value === 'true' : value;
}

const rejectInvalid: RequestHandler = (request, _response, next) => {
  const failures = validationResult(request).array({ onlyFirstError: true });
  if (failures.length === 0) return next();
  throw validationFailed(
    failures.map(
      (failure): FieldError => ({
        field: failure.type === 'field' ? failure.path : 'request',
        message: String(failure.msg),
      }),
    ),
  );
};

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
