import fc from 'fast-check';

export interface Route {
  method: string;
  path: string;
  /** A body that is right; a route without one has none. */
  body?: Readonly<Record<string, unknown>>;
  /** It hashes a password, or ends the login that asks. */
  isCostly?: boolean;
}

const PASSWORDS = { currentPassword: 'a wrong password', newPassword: 'another long password' };

/** Every route, and how often it is asked for: what hashes takes as long as a hundred others. */
const ROUTES: readonly (readonly [weight: number, route: Route])[] = [
  [2, { method: 'POST', path: '/api/auth/signup', body: newAccount(), isCostly: true }],
  [
    2,
    {
      method: 'POST',
      path: '/api/auth/login',
      body: { email: '~email~', password: 'wrong' },
      isCostly: true,
    },
  ],
  [6, { method: 'POST', path: '/api/auth/refresh', body: { refreshToken: '~refreshToken~' } }],
  [2, { method: 'POST', path: '/api/auth/logout', isCostly: true }],
  [2, { method: 'POST', path: '/api/auth/logout-all', isCostly: true }],
  [6, { method: 'GET', path: '/api/auth/me' }],
  [8, { method: 'PATCH', path: '/api/auth/me', body: newNames() }],
  [3, { method: 'DELETE', path: '/api/auth/me', body: { password: '~password~' }, isCostly: true }],
  [3, { method: 'PUT', path: '/api/auth/password', body: PASSWORDS, isCostly: true }],
  [3, { method: 'GET', path: '/api/auth/logins' }],
  [3, { method: 'DELETE', path: '/api/auth/logins/~victimLogin~' }],
  [1, { method: 'DELETE', path: '/api/auth/logins/~login~', isCostly: true }],
  [6, { method: 'GET', path: '/api/sessions' }],
  [8, { method: 'POST', path: '/api/sessions', body: { name: 'A session', id: '~session~' } }],
  [5, { method: 'GET', path: '/api/sessions/~session~' }],
  [8, { method: 'PATCH', path: '/api/sessions/~session~', body: { name: 'Another name' } }],
  [2, { method: 'DELETE', path: '/api/sessions/~session~' }],
  [8, { method: 'GET', path: '/api/sessions/~session~/messages?limit=5' }],
  [16, { method: 'POST', path: '/api/sessions/~session~/messages', body: newMessage() }],
  [1, { method: 'GET', path: '/healthz' }],
  [1, { method: 'GET', path: '/readyz' }],
  [1, { method: 'POST', path: '/healthz', body: {} }],
  [1, { method: 'GET', path: '/api/unknown' }],
];

export const route: fc.Arbitrary<Route> = fc.oneof(
  ...ROUTES.map(([weight, known]) => ({ weight, arbitrary: fc.constant(known) })),
);

/** Without the query of its own, since a path is sent with others too. */
export const PATHS: readonly string[] = ROUTES.map(([, { path }]) => path.replace(/\?.*/, ''));

function newAccount() {
  return { username: '~name~', email: '~name~@example.com', password: '~password~' };
}

function newNames() {
  return { username: '~name~', email: '~name~@example.com' };
}

function newMessage() {
  return { content: 'A message', clientMessageId: '~uuid~' };
}
