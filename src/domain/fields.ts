import isEmail from 'validator/lib/isEmail';
import { ChatError, type FieldError } from './errors';
import {
  MAX_CLIENT_MESSAGE_ID_LENGTH,
  MAX_CONTENT_BYTES,
  MAX_EMAIL_LENGTH,
  MAX_NAME_LENGTH,
  PAGE_LENGTH,
  PASSWORD_LENGTH,
  USERNAME_LENGTH,
  USERNAME_PATTERN,
} from './limits';
import {
  canonicalEmail,
  canonicalId,
  canonicalPassword,
  contentSizeProblem,
  hasInvisible,
  isBlank,
} from './text';

/** The part of JSON Schema 2020-12 that fields need. */
export interface FieldSchema {
  type: 'string' | 'integer' | 'boolean';
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  enum?: readonly string[];
}

/** `problem` completes a sentence that starts with the field's name: `must be a UUID`. */
export type Parsed<T> = { value: T } | { problem: string };

/** The one definition of an input field, used by REST, sockets, services and the API documents. */
export interface Field<T> {
  /** Returns the value in its canonical form if it has one. Parsing that form returns it unchanged. */
  parse(input: unknown): Parsed<T>;
  /** What `parse` accepts, as far as JSON Schema can express it. */
  readonly schema: FieldSchema;
  /** True if the field may be missing or null. */
  readonly isOptional?: boolean;
}

/** The fields of an input, by name. */
export type FieldTable = Readonly<Record<string, Field<unknown>>>;

type ValueOf<F> = F extends Field<infer T> ? T : never;
type OptionalName<F extends FieldTable> = {
  [K in keyof F]: F[K] extends { isOptional: true } ? K : never;
}[keyof F];

/** The values that a table of fields accepts. */
export type ValuesOf<F extends FieldTable> = {
  [K in Exclude<keyof F, OptionalName<F>>]: ValueOf<F[K]>;
} & { [K in OptionalName<F>]?: ValueOf<F[K]> };

/** The same field, which may be missing. Null counts as missing, because many languages write a missing value as null. */
export function optional<F extends Field<unknown>>(field: F): F & { isOptional: true } {
  return { ...field, isOptional: true };
}

/** Reads the fields of `input` and ignores everything else in it. Throws `VALIDATION_FAILED` with every invalid field. */
export function parseFields<F extends FieldTable>(fields: F, input: unknown): ValuesOf<F> {
  const values: Record<string, unknown> = {};
  const errors: FieldError[] = [];
  // Not `Object.entries`, as this runs for every message.
  for (const field in fields) {
    const definition = fields[field];
    if (!definition) continue;
    const given = ownProperty(input, field);
    if (definition.isOptional && (given === undefined || given === null)) continue;
    const parsed = definition.parse(given);
    if ('problem' in parsed) errors.push({ field, message: parsed.problem });
    else values[field] = parsed.value;
  }
  if (errors.length > 0 || !isComplete(fields, values)) throw validationFailed(errors);
  return values;
}

/** TypeScript can't follow the loop in `parseFields`, where each value comes from the field of its name. */
function isComplete<F extends FieldTable>(fields: F, values: object): values is ValuesOf<F> {
  for (const name in fields) if (!fields[name]?.isOptional && !(name in values)) return false;
  return true;
}

/** Reads one property of a client's input, but none that it inherits. Copying the input would cost time for each of its properties. */
export function ownProperty(input: unknown, name: string): unknown {
  const isObject = typeof input === 'object' && input !== null;
  return isObject && Object.hasOwn(input, name) ? Reflect.get(input, name) : undefined;
}

/** The error text names each invalid field. */
export function validationFailed(errors: readonly FieldError[]): ChatError {
  const detail = errors.map(({ field, message }) => `${field} ${message}`).join('; ');
  return new ChatError('VALIDATION_FAILED', { detail: `${detail}.`, errors });
}

/** Returns the problem of a text, or null. */
type TextRule = (text: string) => string | null;

function textField(schema: Omit<FieldSchema, 'type'> = {}, ...rules: readonly TextRule[]): Field<string> {
  return {
    schema: { type: 'string', ...schema },
    parse(input) {
      if (typeof input !== 'string') return { problem: 'must be a string' };
      const problem = firstProblem([storable, ...rules], input);
      return problem === null ? { value: input } : { problem };
    },
  };
}

/** A text that is stored and compared in the form that `canonical` returns. The rules apply to that form. */
function canonicalField(
  input: Field<string>,
  canonical: (text: string) => string,
  ...rules: readonly TextRule[]
): Field<string> {
  return {
    schema: input.schema,
    parse(given) {
      const parsed = input.parse(given);
      if ('problem' in parsed) return parsed;
      const value = canonical(parsed.value);
      const problem = firstProblem(rules, value);
      return problem === null ? { value } : { problem };
    },
  };
}

function firstProblem(rules: readonly TextRule[], text: string): string | null {
  for (const rule of rules) {
    const problem = rule(text);
    if (problem !== null) return problem;
  }
  return null;
}

function integerField(minimum: number, maximum?: number): Field<number> {
  const range = maximum === undefined ? `from ${minimum}` : `from ${minimum} to ${maximum}`;
  return {
    schema: { type: 'integer', minimum, ...(maximum !== undefined && { maximum }) },
    parse(input) {
      const isValid =
        typeof input === 'number' &&
        Number.isSafeInteger(input) &&
        input >= minimum &&
        input <= (maximum ?? input);
      return isValid ? { value: input } : { problem: `must be a whole number ${range}` };
    },
  };
}

/** Some databases end a string at NUL, and a lone surrogate can't be written as UTF-8: neither would be read back unchanged. */
const storable: TextRule = (text) => {
  if (text.includes('\0')) return 'must not contain the character NUL (U+0000)';
  return text.isWellFormed() ? null : 'must not contain half of a surrogate pair';
};

/** Two addresses that look the same would be two accounts. */
const visible: TextRule = (text) =>
  hasInvisible(text.trim()) ? 'must not contain invisible characters' : null;

const notBlank: TextRule = (text) => (isBlank(text) ? 'must not be blank' : null);

/** Counts code points, so that invisible characters such as variation selectors count too. */
function hasLength({ min, max }: { min: number; max: number }): TextRule {
  const range = min === 0 ? `at most ${max}` : `${min} to ${max}`;
  return (text) => {
    // Each character has one or two code units, so that most texts need not be counted.
    if (text.length >= 2 * min && text.length <= max) return null;
    const { length } = Array.from(text);
    return length >= min && length <= max ? null : `must have ${range} characters`;
  };
}

const USERNAME = new RegExp(USERNAME_PATTERN);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Any text, for values that are only compared, such as a password at login. */
export const text = textField();

/** A UUID in either case. Its value has small letters. */
export const uuid: Field<string> = {
  schema: { type: 'string', format: 'uuid' },
  parse: (input) =>
    typeof input === 'string' && UUID.test(input)
      ? { value: canonicalId(input) }
      : { problem: 'must be a UUID' },
};

export const username = textField({ pattern: USERNAME_PATTERN }, (value) =>
  USERNAME.test(value)
    ? null
    : `must have ${USERNAME_LENGTH.min} to ${USERNAME_LENGTH.max} letters, digits, "_", "." or "-"`,
);

const emailLength = hasLength({ min: 0, max: MAX_EMAIL_LENGTH });
/** A domain that can't be converted can't receive mail. */
const ASCII_DOMAIN = /@[!-~]+$/;

export const email = canonicalField(
  textField({ format: 'email', maxLength: MAX_EMAIL_LENGTH }, emailLength, visible),
  canonicalEmail,
  emailLength,
  (value) => (isEmail(value) && ASCII_DOMAIN.test(value) ? null : 'must be an email address'),
);

/**
 * A password to be set. Its schema has no lengths, because the characters of its canonical form count. The dictionary of common
 * passwords is too large to be part of every client.
 */
export function newPasswordField(isCommon: (password: string) => boolean): Field<string> {
  return canonicalField(
    textField({ format: 'password' }),
    canonicalPassword,
    hasLength(PASSWORD_LENGTH),
    (password) => (isCommon(password) ? 'is one of the most common passwords; choose a different one' : null),
  );
}

export const sessionName = textField(
  { minLength: 1, maxLength: MAX_NAME_LENGTH },
  notBlank,
  hasLength({ min: 0, max: MAX_NAME_LENGTH }),
);

/** The schema bounds the characters by the bytes: UTF-8 has at least one byte for each. */
export const content = textField(
  { minLength: 1, maxLength: MAX_CONTENT_BYTES },
  notBlank,
  contentSizeProblem,
);

export const clientMessageId = textField(
  { minLength: 1, maxLength: MAX_CLIENT_MESSAGE_ID_LENGTH },
  hasLength({ min: 1, max: MAX_CLIENT_MESSAGE_ID_LENGTH }),
);

/** True or false, not a number or a text that means it. */
export const boolean: Field<boolean> = {
  schema: { type: 'boolean' },
  parse: (input) => (typeof input === 'boolean' ? { value: input } : { problem: 'must be true or false' }),
};

export const EXPORT_FORMATS = ['markdown', 'jsonl'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export const exportFormat: Field<ExportFormat> = {
  schema: { type: 'string', enum: EXPORT_FORMATS },
  parse(input) {
    const format = EXPORT_FORMATS.find((each) => each === input);
    return format ? { value: format } : { problem: `must be ${EXPORT_FORMATS.join(' or ')}` };
  },
};

/** A sequence number to read from; 0 stands before the first message. */
export const seq = integerField(0);

/** The number of a reply that was regenerated; the first reply to a message is 1. */
export const variant = integerField(2);

export const pageLimit = integerField(PAGE_LENGTH.min, PAGE_LENGTH.max);
