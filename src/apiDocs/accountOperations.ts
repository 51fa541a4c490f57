import type { LoginOverview } from '../domain/user';
import { LOGIN, MESSAGE, PASSWORD, SESSION, USER } from './examples';
import { email, givenUuid, newPassword, password, username } from './fieldSchemas';
import { list, object, optional, text } from './jsonSchema';
import { apiCall } from './operation';
import { ref } from './schemas';

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
    description: 'At least one of the two is required. Fields that are left out do not change.',
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
    codes: ['USERNAME_TAKEN', 'EMAIL_TAKEN'],
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
    description: 'Permanently deletes the account with all its logins, sessions and messages.',
    body: {
      schema: object<{ password: string }>('The confirmation.', { password: password(CURRENT_PASSWORD) }),
      example: { password: PASSWORD },
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
      'as both: it succeeds if the password was changed.',
    body: {
      schema: object<{ currentPassword: string; newPassword: string }>('Both passwords.', {
        currentPassword: password(CURRENT_PASSWORD),
        newPassword,
      }),
      example: { currentPassword: PASSWORD, newPassword: 'an even better one' },
    },
    successes: [{ status: 204, description: 'Changed.' }],
    codes: ['INVALID_CREDENTIALS', 'RATE_LIMITED'],
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
