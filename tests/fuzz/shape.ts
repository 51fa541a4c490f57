import { ERROR_CATALOGUE, type ErrorCode } from '../../src/domain/errors';
import { excerpt, Fault } from './fault';

export type Properties = Readonly<Record<string, unknown>>;

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Fault('wrongAnswer', `no JSON: ${excerpt(text)}`);
  }
}

export function propertiesOf(value: unknown): Properties {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new Fault('wrongAnswer', `no object: ${excerpt(String(JSON.stringify(value)))}`);
}

/** A fault unless these are exactly the keys, but for those that may be missing. */
export function checkKeys(value: Properties, keys: readonly string[], optional: readonly string[]): void {
  const wrong = [
    ...keys.filter((key) => !Object.hasOwn(value, key)),
    ...Object.keys(value).filter((key) => !keys.includes(key) && !optional.includes(key)),
  ];
  if (wrong.length > 0) expected(`no key ${wrong.join(', ')} missing or too many`, value);
}

/** A fault unless it is a list of `{field, message}`, or missing. */
export function checkFieldErrors(errors: unknown): void {
  if (errors === undefined) return;
  const list: unknown[] = Array.isArray(errors) ? errors : [];
  if (list.length === 0) expected('a list of field errors', errors);
  for (const error of list) {
    const properties = propertiesOf(error);
    checkKeys(properties, ['field', 'message'], []);
    if (!Object.values(properties).every(isText)) expected('texts', properties);
  }
}

export function codeIn(value: unknown): ErrorCode {
  if (typeof value === 'string' && isCode(value)) return value;
  return expected('a code of the catalogue', value);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

export function expected(what: string, found: unknown): never {
  throw new Fault('wrongAnswer', `expected ${what}, found: ${excerpt(String(JSON.stringify(found)))}`);
}

function isCode(value: string): value is ErrorCode {
  return Object.hasOwn(ERROR_CATALOGUE, value);
}
