import { REFRESH_REPLAY_MS } from '../domain/limits';
import type { LoginOverview } from '../domain/user';
import {
  AUTH_RESULT,
  GUEST_RESULT,
  LOGIN,
  MESSAGE,
  PASSWORD,
  REFRESH_TOKEN,
  SESSION,
  USER,
} from './examples';
import { email, givenUuid, newPassword, password, username } from './fieldSchemas';
import { list, object, optional, text } from './jsonSchema';
import { apiCall, type Content } from './operation';
import { ref } from './schemas';

const authResult: Content = { schema: ref('AuthResult'), example: AUTH_RESULT };
const attempt = { tag: 'Accounts', isPublic: true, isRateLimited: true } as const;

/** Signing up, logging in and out: the part of `/api/auth` about logins. */
export const LOGIN_OPERATIONS = [
  apiCall({
    ...attempt,
    id: 'signUp',
    hashesPasswords: true,
    method: 'post',
    path: '/api/auth/signup',
    summary: 'Sign up',
    description:
      'Creates an account and logs in. Counts toward the attempts of the client address if its fields are valid. `FORBIDDEN` if the operator has closed sign-up. ' +
      'Where guests are allowed, a request with the token of a guest turns that account into a full one: its id, its chats and this ' +
      'login stay. `CONFLICT` if the token is that of a full account.',
    body: {
      schema: object<{ username: string; email: string; password: string }>('The new account.', {
        username,
        email,
        password: newPassword,
      }),
      example: { username: USER.username, email: USER.email, password: PASSWORD },
    },
    successes: [{ status: 201, description: 'The account, logged in.', content: authResult }],
    codes: [
      'UNAUTHENTICATED',
      'TOKEN_EXPIRED',
      'FORBIDDEN',
      'USERNAME_TAKEN',
      'EMAIL_TAKEN',
      'CONFLICT',
      'RATE_LIMITED',
    ],
  }),
  apiCall({
    ...attempt,
    id: 'createGuest',
    method: 'post',
    path: '/api/auth/guest',
    summary: 'Continue as a guest',
    description:
      'Creates an account with a made-up username and without email and password, and logs in. The guest can sign up later and keep the ' +
      'chats. Counts toward the attempts of the client address. `FORBIDDEN` if the operator has not allowed guests.',
    successes: [
      {
        status: 201,
        description: 'The guest, logged in.',
        content: { schema: ref('AuthResult'), example: GUEST_RESULT },
      },
    ],
    codes: ['FORBIDDEN', 'RATE_LIMITED'],
  }),
  apiCall({
    ...attempt,
    id: 'logIn',
    hashesPasswords: true,
    method: 'post',
    path: '/api/auth/login',
    summary: 'Log in',
    description:
      'Creates a new login; other devices stay logged in. Either the email or the username is required; with both, the email counts. ' +
      'An unknown name and an incorrect password get the same response in the same time. An incorrect password counts toward the ' +
      'attempts of the client address, and for the account, whichever name is used. `FORBIDDEN` if the operator has disabled the account.',
    body: {
      schema: {
        ...object<{ email?: string; username?: string; password: string }>('The credentials.', {
          email: optional(text('The email of the account, in any case and any Unicode form.')),
          username: optional(text('The username of the account, in any case.')),
          password: password('The password of the account, in any Unicode form.'),
        }),
        minProperties: 2,
      },
      example: { email: USER.email, password: PASSWORD },
    },
    successes: [{ status: 200, description: 'The login.', content: authResult }],
    codes: ['INVALID_CREDENTIALS', 'FORBIDDEN', 'RATE_LIMITED'],
  }),
  apiCall({
    ...attempt,
    id: 'refresh',
    method: 'post',
    path: '/api/auth/refresh',
    summary: 'Refresh the tokens',
    description:
      'Exchanges a refresh token for the next pair of tokens. A refresh token works once: using it again revokes its login, ' +
      `because it may have been stolen. Until ${REFRESH_REPLAY_MS / 1000} s after the first use of the next pair it returns that ` +
      'pair again, with a new access token, so that a lost response or a second tab does no harm. Counts for the login; ' +
      'a forged token counts toward the attempts of the client address.',
    body: {
      schema: object<{ refreshToken: string }>('The refresh token.', {
        refreshToken: text('The `refreshToken` of the latest pair.'),
      }),
      example: { refreshToken: REFRESH_TOKEN },
    },
    successes: [{ status: 200, description: 'The next pair of tokens.', content: authResult }],
    codes: ['UNAUTHENTICATED', 'TOKEN_EXPIRED', 'TOKEN_REUSED', 'RATE_LIMITED'],
  }),
  apiCall({
    tag: 'Accounts',
    id: 'logOut',
    method: 'post',
    path: '/api/auth/logout',
    summary: 'Log out',
    description: 'Revokes this login. Its tokens stop working and its sockets are disconnected immediately.',
    successes: [{ status: 204, description: 'Logged out.' }],
  }),
  apiCall({
    tag: 'Accounts',
    id: 'logOutAll',
    method: 'post',
    path: '/api/auth/logout-all',
    summary: 'Log out everywhere',
    description: 'Revokes every login of the user, including this one.',
    successes: [{ status: 204, description: 'Logged out everywhere.' }],
  }),
];

const account = { tag: 'Accounts', path: '/api/auth/me' } as const;
const devices = { tag: 'Devices' } as const;
const CURRENT_PASSWORD = 'The current password of the account.';

/** Managing the account and its devices: the rest of `/api/auth`. */
export const ACCOUNT_OPERATIONS = [
  apiCall({
    ...account,
    id: 'readAccount',
    method: 'get',
    summary: 'Read the account',
    description: 'The user to whom the token belongs.',
    successes: [{ status: 200, description: 'The user.', content: { schema: ref('User'), example: USER } }],
  }),
  apiCall({
    ...account,
    id: 'changeAccount',
    method: 'patch',
    summary: 'Change username or email',
    description:
      'At least one of the two is required. Fields that are left out do not change. `FORBIDDEN` for the email of a guest, who signs up instead.',
    body: {
      schema: {
        ...object<{ username?: string; email?: string }>('The changes.', {
          username: optional(username),
          email: optional(email),
        }),
        minProperties: 1,
      },
      example: { username: USER.username },
    },
    successes: [
      { status: 200, description: 'The updated user.', content: { schema: ref('User'), example: USER } },
    ],
    codes: ['FORBIDDEN', 'USERNAME_TAKEN', 'EMAIL_TAKEN'],
  }),
  apiCall({
    ...account,
    id: 'exportAccount',
    method: 'get',
    path: '/api/auth/me/export',
    isDownload: true,
    summary: 'Export all data of the account',
    description:
      'Everything that is stored of the user, as a file of JSON Lines. Each line has a `type` and a field of that name: first the `user`, ' +
      'then each `login`, then each `session`, followed by its messages (`message`), ascending by `seq`. The file is streamed. If it ' +
      'can’t be completed, as when the login is revoked or the server stops, the connection is closed before the end of the response, ' +
      'so that clients report an error. A user can have two exports in progress.',
    successes: [
      {
        status: 200,
        description: 'The file.',
        content: {
          mediaType: 'application/x-ndjson',
          schema: text('One record as JSON per line.'),
          example: [
            { type: 'user', user: USER },
            { type: 'session', session: SESSION },
            { type: 'message', message: MESSAGE },
          ]
            .map((record) => `${JSON.stringify(record)}\n`)
            .join(''),
        },
      },
    ],
    codes: ['RATE_LIMITED'],
  }),
  apiCall({
    ...account,
    id: 'deleteAccount',
    hashesPasswords: true,
    method: 'delete',
    summary: 'Delete the account',
    description:
      'Permanently deletes the account with all its logins, sessions and messages. The password is required if the account has one.',
    body: {
      schema: object<{ password?: string }>('The confirmation.', {
        password: optional(password(CURRENT_PASSWORD)),
      }),
      example: { password: PASSWORD },
      isOptional: true,
    },
    successes: [{ status: 204, description: 'Deleted.' }],
    codes: ['INVALID_CREDENTIALS', 'RATE_LIMITED'],
    isRateLimited: true,
  }),
  apiCall({
    ...account,
    id: 'changePassword',
    hashesPasswords: true,
    method: 'put',
    path: '/api/auth/password',
    summary: 'Change the password',
    description:
      'Revokes all other logins of the user. This login stays. If the response is lost, repeat the request with the new password ' +
      'as both: it succeeds if the password was changed. `FORBIDDEN` if the account has no password: that of a guest, or of a user who logs ' +
      'in elsewhere.',
    body: {
      schema: object<{ currentPassword: string; newPassword: string }>('Both passwords.', {
        currentPassword: password(CURRENT_PASSWORD),
        newPassword,
      }),
      example: { currentPassword: PASSWORD, newPassword: 'an even better one' },
    },
    successes: [{ status: 204, description: 'Changed.' }],
    codes: ['INVALID_CREDENTIALS', 'FORBIDDEN', 'RATE_LIMITED'],
    isRateLimited: true,
  }),
  apiCall({
    ...devices,
    id: 'listLogins',
    method: 'get',
    path: '/api/auth/logins',
    summary: 'List the devices',
    description: 'All current logins of the user, most recently used first.',
    successes: [
      {
        status: 200,
        description: 'The logins.',
        content: {
          schema: object<{ logins: LoginOverview[] }>('The devices of a user.', {
            logins: list(ref('LoginOverview'), 'Most recently used first.'),
          }),
          example: { logins: [LOGIN] },
        },
      },
    ],
  }),
  apiCall({
    ...devices,
    id: 'endLogin',
    method: 'delete',
    path: '/api/auth/logins/{loginId}',
    summary: 'Log out a device',
    description:
      'Revokes one login of the user. Its tokens stop working and its sockets are disconnected immediately.',
    parameters: [
      {
        name: 'loginId',
        in: 'path',
        schema: givenUuid('The `id` of a login in the list.'),
        example: LOGIN.id,
      },
    ],
    successes: [{ status: 204, description: 'Logged out.' }],
    codes: ['NOT_FOUND'],
  }),
];
