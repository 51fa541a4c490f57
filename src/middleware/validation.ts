import type { Request, RequestHandler } from 'express';
import { type CustomValidator, matchedData, type ValidationChain, validationResult } from 'express-validator';
import type { FieldError } from '../domain/errors';
import { type FieldRule, validationFailed } from '../domain/fields';

/** Runs all chains, and ends with `VALIDATION_FAILED` that names every wrong field. */
export function validate(...chains: ValidationChain[]): RequestHandler[] {
  return [...chains, rejectInvalid];
}

/** What the chains let through, with their conversions; a field that is optional and missing is missing here too. */
export function validated<T extends object>(request: Request): T {
  const fields = matchedData<T>(request);
  // Fields that only a condition lets be missing come as undefined, which would pass for a value.
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) Reflect.deleteProperty(fields, name);
  }
  return fields;
}

/** A rule of the domain as a validator of a chain. */
export function holds(rule: FieldRule): CustomValidator {
  return (value: unknown) => {
    const problem = rule(value);
    if (problem !== null) throw new Error(problem);
    return true;
  };
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
