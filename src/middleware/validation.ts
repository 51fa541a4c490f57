import type { Request, RequestHandler } from 'express';
import { body, param, query, type ValidationChain, validationResult } from 'express-validator';
import type { FieldError } from '../domain/errors';
import { type Field, ownProperty, parseFields, type ValuesOf, validationFailed } from '../domain/fields';

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
