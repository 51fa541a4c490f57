import { MAX_EMAIL_LENGTH, PASSWORD_LENGTH, USERNAME_LENGTH, USERNAME_PATTERN } from '../../domain/limits';
import type { AuthResult, LoginOverview } from '../../domain/login';
import type { User } from '../../domain/user';
import { jwt, time, uuid } from './formats';
import { flag, nullable, object, text } from './jsonSchema';
import { ref } from './namedTypes';

const { min, max } = USERNAME_LENGTH;

export const username = text(
  `${min} to ${max} letters, digits, \`_\`, \`.\` or \`-\`. Unique without regard to case, kept as typed.`,
  { pattern: USERNAME_PATTERN },
);

export const email = text(`Up to ${MAX_EMAIL_LENGTH} characters. Unique, kept in lower case.`, {
  format: 'email',
  maxLength: MAX_EMAIL_LENGTH,
});

export const newPassword = text(
  `${PASSWORD_LENGTH.min} to ${PASSWORD_LENGTH.max} characters of any kind, not one of the common passwords.`,
  { format: 'password', minLength: PASSWORD_LENGTH.min, maxLength: PASSWORD_LENGTH.max },
);

/** A password to compare: a wrong one is refused as such, however long it is. */
export const password = (description: string) => text(description, { format: 'password' });

export const user = object<User>('A person with an account.', {
  id: uuid('The id of the user.'),
  username,
  email,
  createdAt: time('When the account was made.'),
  updatedAt: time('When the account last changed.'),
});

export const authResult = object<AuthResult>('A login: who it is of, and its two tokens.', {
  user: ref('User'),
  token: jwt(
    'The access token. Send it as `Authorization: Bearer <token>`, and as `auth.token` of a socket.',
  ),
  expiresAt: time('When `token` ends.'),
  refreshToken: jwt('Exchange it once, at `POST /api/auth/refresh`, for the next pair.'),
});

export const loginOverview = object<LoginOverview>('A device on which the user is logged in.', {
  id: uuid('The id of the login.'),
  createdAt: time('When the user logged in there.'),
  lastUsedAt: time('When it logged in or refreshed its tokens last.'),
  expiresAt: time('When its refresh token ends.'),
  userAgent: nullable(text('What the device called itself.')),
  ip: nullable(text('The address it logged in from.')),
  current: flag('True for the login that asks.'),
});
