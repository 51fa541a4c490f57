import { MAX_CLIENT_MESSAGE_ID_LENGTH, MAX_CONTENT_BYTES, MAX_NAME_LENGTH } from '../../domain/limits';
import { text } from './jsonSchema';

/** A time, always in UTC and with milliseconds. */
export const time = (description: string) =>
  text(description, {
    format: 'date-time',
    pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$',
  });

export const uuid = (description: string) => text(description, { format: 'uuid' });

export const jwt = (description: string) => text(description, { pattern: '^[\\w-]+\\.[\\w-]+\\.[\\w-]+$' });

const inThousands = MAX_CONTENT_BYTES.toLocaleString('en-US');

/** UTF-8 has at least one byte for each character, so the length in bytes bounds the length. */
export const content = text(
  `The text: 1 to ${inThousands} bytes of UTF-8, not blank, no NUL, no half of a surrogate pair. ` +
    'It is stored and sent on exactly as it came.',
  { minLength: 1, maxLength: MAX_CONTENT_BYTES },
);

export const clientMessageId = text(
  `The client's own id of the message, 1 to ${MAX_CLIENT_MESSAGE_ID_LENGTH} characters. ` +
    'Sending it again in the same session stores nothing twice and gives the first result again.',
  { minLength: 1, maxLength: MAX_CLIENT_MESSAGE_ID_LENGTH },
);

export const sessionName = text(`Its name, 1 to ${MAX_NAME_LENGTH} characters, not blank.`, {
  minLength: 1,
  maxLength: MAX_NAME_LENGTH,
});
