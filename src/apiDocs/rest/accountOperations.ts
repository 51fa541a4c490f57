import type { LoginOverview } from '../../domain/login';
import { LOGIN, PASSWORD, USER } from '../examples';
import { email, newPassword, password, username } from '../schemas/accountSchemas';
import { uuid } from '../schemas/formats';
import { list, object, optional } from '../schemas/jsonSchema';
import { ref } from '../schemas/namedTypes';
import { apiCall } from './operation';

const account = { tag: 'Accounts', path: '/api/auth/me', caching: 'no-store' } as const;
const devices = { tag: 'Devices', caching: 'no-store' } as const;
const CURRENT_PASSWORD = 'The current password of the account.';

/** What users do with their account and their devices: the rest of `/api/auth`. */
export const ACCOUNT_OPERATIONS = [
  apiCall({
    ...account,
    id: 'readAccount',
    method: 'get',
    summary: 'Read the account',
    description: 'Who the token speaks for.',
    successes: [{ status: 200, description: 'The user.', content: { schema: ref('User'), example: USER } }],
  }),
  apiCall({
    ...account,
    id: 'changeAccount',
    method: 'patch',
    summary: 'Change username or email',
    description: 'What is left out stays as it is; one of the two must be given.',
    body: {
      schema: {
        ...object<{ username?: string; email?: string }>('What changes.', {
          username: optional(username),
          email: optional(email),
        }),
        minProperties: 1,
      },
      example: { username: USER.username },
    },
    successes: [
      { status: 200, description: 'The user as it is now.', content: { schema: ref('User'), example: USER } },
    ],
    codes: ['USERNAME_TAKEN', 'EMAIL_TAKEN'],
  }),
  apiCall({
    ...account,
    id: 'deleteAccount',
    hashesPasswords: true,
    method: 'delete',
    summary: 'Delete the account',
    description: 'Deletes the account with all its logins, sessions and messages, for good.',
    body: {
      schema: object<{ password: string }>('The confirmation.', { password: password(CURRENT_PASSWORD) }),
      example: { password: PASSWORD },
    },
    successes: [{ status: 204, description: 'Deleted.' }],
    codes: ['INVALID_CREDENTIALS', 'RATE_LIMITED'],
    tellsLimit: true,
  }),
  apiCall({
    ...account,
    id: 'changePassword',
    hashesPasswords: true,
    method: 'put',
    path: '/api/auth/password',
    summary: 'Change the password',
    description: 'Ends all other logins of the user; this one stays.',
    body: {
      schema: object<{ currentPassword: string; newPassword: string }>('Both passwords.', {
        currentPassword: password(CURRENT_PASSWORD),
        newPassword,
      }),
      example: { currentPassword: PASSWORD, newPassword: 'an even better one' },
    },
    successes: [{ status: 204, description: 'Changed.' }],
    codes: ['INVALID_CREDENTIALS', 'RATE_LIMITED'],
    tellsLimit: true,
  }),
  apiCall({
    ...devices,
    id: 'listLogins',
    method: 'get',
    path: '/api/auth/logins',
    summary: 'List the devices',
    description: 'All live logins of the user, the latest used first.',
    successes: [
      {
        status: 200,
        description: 'The logins.',
        content: {
          schema: object<{ logins: LoginOverview[] }>('The devices of a user.', {
            logins: list(ref('LoginOverview'), 'The latest used first.'),
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
    summary: 'Log a device out',
    description: 'Ends one login of the user: its tokens and its sockets, at once.',
    parameters: [
      { name: 'loginId', in: 'path', schema: uuid('The `id` of a login of the list.'), example: LOGIN.id },
    ],
    successes: [{ status: 204, description: 'Logged out.' }],
    codes: ['NOT_FOUND'],
  }),
];
