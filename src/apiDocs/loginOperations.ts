import { REFRESH_REPLAY_MS } from '../domain/limits';
import { AUTH_RESULT, PASSWORD, REFRESH_TOKEN, USER } from './examples';
import { email, newPassword, password, username } from './fieldSchemas';
import { object, optional, text } from './jsonSchema';
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
      'Creates an account and logs in. Counts toward the attempts of the client address. `FORBIDDEN` if the operator has closed sign-up.',
    body: {
      schema: object<{ username: string; email: string; password: string }>('The new account.', {
        username,
        email,
        password: newPassword,
      }),
      example: { username: USER.username, email: USER.email, password: PASSWORD },
    },
    successes: [{ status: 201, description: 'The account, logged in.', content: authResult }],
    codes: ['FORBIDDEN', 'USERNAME_TAKEN', 'EMAIL_TAKEN', 'RATE_LIMITED'],
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
