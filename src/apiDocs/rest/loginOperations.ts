import { REFRESH_REPLAY_MS } from '../../domain/limits';
import { AUTH_RESULT, PASSWORD, REFRESH_TOKEN, USER } from '../examples';
import { email, newPassword, password, username } from '../schemas/accountSchemas';
import { object, text } from '../schemas/jsonSchema';
import { ref } from '../schemas/namedTypes';
import { apiCall, type Content } from './operation';

const authResult: Content = { schema: ref('AuthResult'), example: AUTH_RESULT };
const attempt = { tag: 'Accounts', isPublic: true, caching: 'no-store', tellsLimit: true } as const;

/** Signing up, logging in and out: `/api/auth`. */
export const LOGIN_OPERATIONS = [
  apiCall({
    ...attempt,
    id: 'signUp',
    hashesPasswords: true,
    method: 'post',
    path: '/api/auth/signup',
    summary: 'Sign up',
    description: 'Makes an account and logs in. Counts as an attempt of its address.',
    body: {
      schema: object<{ username: string; email: string; password: string }>('The new account.', {
        username,
        email,
        password: newPassword,
      }),
      example: { username: USER.username, email: USER.email, password: PASSWORD },
    },
    successes: [{ status: 201, description: 'The account, logged in.', content: authResult }],
    codes: ['USERNAME_TAKEN', 'EMAIL_TAKEN', 'RATE_LIMITED'],
  }),
  apiCall({
    ...attempt,
    id: 'logIn',
    hashesPasswords: true,
    method: 'post',
    path: '/api/auth/login',
    summary: 'Log in',
    description:
      'Makes a new login of its own: other devices stay logged in. An unknown email and a wrong password are refused ' +
      'alike, and in the same time. Counts as an attempt of its address; wrong passwords count for the account too.',
    body: {
      schema: object<{ email: string; password: string }>('Who logs in.', {
        email: text('The email of the account, in any case.'),
        password: password('The password of the account.'),
      }),
      example: { email: USER.email, password: PASSWORD },
    },
    successes: [{ status: 200, description: 'The login.', content: authResult }],
    codes: ['INVALID_CREDENTIALS', 'RATE_LIMITED'],
  }),
  apiCall({
    ...attempt,
    id: 'refresh',
    method: 'post',
    path: '/api/auth/refresh',
    summary: 'Refresh the tokens',
    description:
      'Exchanges a refresh token for the next pair. A refresh token works once: using it again ends its login, as ' +
      `someone else may have it. Within ${REFRESH_REPLAY_MS / 1000} s after the exchange it gives the same next pair ` +
      'again, so that a lost answer or a second tab costs nothing.',
    body: {
      schema: object<{ refreshToken: string }>('The refresh token.', {
        refreshToken: text('The `refreshToken` of the latest pair.'),
      }),
      example: { refreshToken: REFRESH_TOKEN },
    },
    successes: [{ status: 200, description: 'The next pair.', content: authResult }],
    codes: ['UNAUTHENTICATED', 'TOKEN_EXPIRED', 'TOKEN_REUSED', 'RATE_LIMITED'],
  }),
  apiCall({
    tag: 'Accounts',
    caching: 'no-store',
    id: 'logOut',
    method: 'post',
    path: '/api/auth/logout',
    summary: 'Log out',
    description: 'Ends this login: its tokens and its sockets, at once.',
    successes: [{ status: 204, description: 'Logged out.' }],
  }),
  apiCall({
    tag: 'Accounts',
    caching: 'no-store',
    id: 'logOutAll',
    method: 'post',
    path: '/api/auth/logout-all',
    summary: 'Log out everywhere',
    description: 'Ends every login of the user, this one too.',
    successes: [{ status: 204, description: 'Logged out everywhere.' }],
  }),
];
