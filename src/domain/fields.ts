import { ChatError, type FieldError } from './errors';
import { MAX_CLIENT_MESSAGE_ID_LENGTH, MAX_CONTENT_BYTES } from './limits';

/** Says what is wrong with a value as the rest of a sentence that begins with the field's name, or null if nothing is. */
export type FieldRule = (value: unknown) => string | null;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Text that every database gives back as it was: NUL ends strings in some, half of a surrogate pair is no UTF-8. */
export const storableText: FieldRule = (value) => {
  if (typeof value !== 'string') return 'must be a string';
  if (value.includes('\0')) return 'must not contain the character NUL (U+0000)';
  return value.isWellFormed() ? null : 'must not contain half of a surrogate pair';
};

export const content: FieldRule = (value) => {
  const problem = storableText(value);
  if (problem || typeof value !== 'string') return problem;
  if (value.trim() === '') return 'must not be blank';
  return Buffer.byteLength(value) > MAX_CONTENT_BYTES
    ? `must have at most ${MAX_CONTENT_BYTES} bytes of UTF-8`
    : null;
};

export const clientMessageId: FieldRule = (value) => {
  const problem = storableText(value);
  if (problem || typeof value !== 'string') return problem;
  return value.length >= 1 && value.length <= MAX_CLIENT_MESSAGE_ID_LENGTH
    ? null
    : `must have 1 to ${MAX_CLIENT_MESSAGE_ID_LENGTH} characters`;
};

export const uuid: FieldRule = (value) =>
  typeof value === 'string' && UUID.test(value) ? null : 'must be a UUID';

/** A `seq` to read from: 0 stands before the first message. */
export const seq: FieldRule = (value) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? null
    : 'must be a whole number from 0';

/** The failure of an input with these fields wrong; its text names each of them. */
export function validationFailed(errors: readonly FieldError[]): ChatError {
  const detail = errors.map(({ field, message }) => `${field} ${message}`).join('; ');
  return new ChatError('VALIDATION_FAILED', { detail: `${detail}.`, errors });
}
