import * as fields from '../domain/fields';
import {
  MAX_CLIENT_MESSAGE_ID_LENGTH,
  MAX_CONTENT_BYTES,
  MAX_EMAIL_LENGTH,
  MAX_NAME_LENGTH,
  PASSWORD_LENGTH,
  USERNAME_LENGTH,
} from '../domain/limits';
import { text, wholeNumber } from './jsonSchema';

/** A time in UTC with milliseconds. */
export const time = (description: string) =>
  text(description, {
    format: 'date-time',
    pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$',
  });

/** An id that the server returns. */
export const uuid = (description: string) =>
  text(description, { ...fields.uuid.schema, pattern: '^[0-9a-f-]{36}$' });

/** An id that a client sends. */
export const givenUuid = (description: string) =>
  text(
    `${description} Upper and lower case are the same; responses and events have it in lower case.`,
    fields.uuid.schema,
  );

export const jwt = (description: string) => text(description, { pattern: '^[\\w-]+\\.[\\w-]+\\.[\\w-]+$' });

export const username = text(
  `${USERNAME_LENGTH.min} to ${USERNAME_LENGTH.max} letters, digits, \`_\`, \`.\` or \`-\`. ` +
    'Unique regardless of case; stored as typed.',
  fields.username.schema,
);

export const email = text(
  `Up to ${MAX_EMAIL_LENGTH} characters, none of them invisible. Unique. Stored without spaces around it, in lower case, with the part ` +
    'before the `@` in NFC and the domain in ASCII, such as `xn--mnchen-3ya.de` for `münchen.de`.',
  fields.email.schema,
);

export const newPassword = text(
  `${PASSWORD_LENGTH.min} to ${PASSWORD_LENGTH.max} characters of any kind, counted in the Unicode form NFKC, in which passwords are ` +
    'compared. Common passwords are rejected.',
  fields.newPasswordField(() => false).schema,
);

/** A password to verify. It has no limits: an incorrect one is `INVALID_CREDENTIALS`, whatever its length. */
export const password = (description: string) => text(description, { format: 'password' });

/** `maxLength` counts characters. Each has at least one byte in UTF-8, so the limit in bytes is a valid bound. */
export const content = text(
  `The text: 1 to ${MAX_CONTENT_BYTES.toLocaleString('en-US')} bytes of UTF-8. It must show something, ` +
    'not only spaces and invisible characters, and must not contain NUL or an unpaired surrogate. It is stored and delivered unchanged.',
  fields.content.schema,
);

export const clientMessageId = text(
  `The client's own id of the message, 1 to ${MAX_CLIENT_MESSAGE_ID_LENGTH} characters. ` +
    'Sending it again in the same session stores nothing and returns the first result.',
  fields.clientMessageId.schema,
);

export const variant = wholeNumber(
  'The number after the newest reply to the message, which is 1 for the first one. The number of the newest one itself is a repeat.',
  fields.variant.schema,
);

export const replaces = givenUuid(
  'The `messageId` of a message of the user in this session, of which this is an edited version. Both stay in the history; the reply ' +
    'to the earlier one is stopped if it is still being made.',
);

export const sessionName = text(
  `The name: 1 to ${MAX_NAME_LENGTH} characters. It must show something, not only spaces and invisible characters.`,
  fields.sessionName.schema,
);
