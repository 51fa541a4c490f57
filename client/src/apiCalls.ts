import type { AuthResult, LoginOverview } from '../../src/domain/login';
import type { User } from '../../src/domain/user';
import type { BackoffOptions } from './backoff';
import type { ChatClient } from './chatClient';
import { ChatClientError, isTokenRejected, notLoggedInError } from './chatClientError';
import { type LoginManager, revokeLogin } from './login';
import type { Outbox } from './outbox';
import { randomId } from './randomId';
import type { RestApi } from './restApi';
import type { RestCall } from './restCall';

export interface AccountDependencies {
  call: RestCall;
  backoff: BackoffOptions;
  api: RestApi;
  login: LoginManager;
  outbox: Outbox;
}

type AccountCalls = Pick<ChatClient, 'signUp' | 'logIn' | 'logOut' | 'logOutEverywhere' | 'account'>;
type SessionCalls = Pick<ChatClient, 'sessions' | 'history'>;

const STORAGE_FULL =
  'The storage is full, so the login could not be saved. Free some space in it, then log in again.';

/** Signing up, logging in and out, and the account. */
export function createAccountCalls({ call, backoff, api, login, outbox }: AccountDependencies): AccountCalls {
  /** Revokes a login that can't be stored: it would be lost when the page is closed. */
  const save = (result: AuthResult) => {
    try {
      login.save(result);
    } catch (cause) {
      revokeLogin(call, backoff, result).catch(() => {});
      throw new ChatClientError('NO_ROOM', STORAGE_FULL, { cause });
    }
  };
  const authenticate = async (path: string, body: object): Promise<User> => {
    const result = await call<AuthResult>({ method: 'POST', path, body });
    const previous = login.current;
    save(result);
    // If the server can't be reached, the previous login stays unused until it expires.
    if (previous) revokeLogin(call, backoff, previous).catch(() => {});
    return result.user;
  };
  const clear = () => {
    outbox.discard(notLoggedInError());
    login.clear();
  };
  /** Clears the login unless another user has logged in meanwhile. */
  const clearUser = (user: User | null) => {
    if (login.user === null || login.user.id === user?.id) clear();
  };
  return {
    signUp: (input) => authenticate('/api/auth/signup', input),
    logIn: (input) => authenticate('/api/auth/login', input),
    async logOut() {
      const { current } = login;
      clear();
      if (current) await revokeLogin(call, backoff, current);
    },
    async logOutEverywhere() {
      const { user } = login;
      try {
        await api.callWithRetry({ method: 'POST', path: '/api/auth/logout-all' });
      } catch (error) {
        // The login has already ended, for example by an earlier attempt whose response was lost.
        if (!isTokenRejected(error)) throw error;
      }
      clearUser(user);
    },
    account: {
      async read() {
        const user = await api.callWithRetry<User>({ method: 'GET', path: '/api/auth/me' });
        login.updateUser(user);
        return user;
      },
      async update(changes) {
        const user = await api.callWithRetry<User>({ method: 'PATCH', path: '/api/auth/me', body: changes });
        login.updateUser(user);
        return user;
      },
      changePassword: (currentPassword, newPassword) =>
        api.call({ method: 'PUT', path: '/api/auth/password', body: { currentPassword, newPassword } }),
      async delete(password) {
        const { user } = login;
        await api.call({ method: 'DELETE', path: '/api/auth/me', body: { password } });
        clearUser(user);
      },
      async logins() {
        const { logins } = await api.callWithRetry<{ logins: LoginOverview[] }>({
          method: 'GET',
          path: '/api/auth/logins',
        });
        return logins;
      },
      endLogin: (loginId) => api.delete(`/api/auth/logins/${encodeURIComponent(loginId)}`),
    },
  };
}

/** Sessions and their history. */
export function createSessionCalls(api: RestApi): SessionCalls {
  return {
    sessions: {
      list: (page = {}) => api.callWithRetry({ method: 'GET', path: `/api/sessions${toQuery(page)}` }),
      get: (sessionId) => api.callWithRetry({ method: 'GET', path: sessionPath(sessionId) }),
      // With an id chosen here, a retry can't create a second session.
      create: ({ id = randomId(), ...input } = {}) =>
        api.callWithRetry({ method: 'POST', path: '/api/sessions', body: { id, ...input } }),
      rename: (sessionId, name) =>
        api.callWithRetry({ method: 'PATCH', path: sessionPath(sessionId), body: { name } }),
      delete: (sessionId) => api.delete(sessionPath(sessionId)),
    },
    history: (sessionId, query = {}) =>
      api.callWithRetry({ method: 'GET', path: `${sessionPath(sessionId)}/messages${toQuery(query)}` }),
  };
}

export function sessionPath(sessionId: string): string {
  return `/api/sessions/${encodeURIComponent(sessionId)}`;
}

function toQuery(parameters: object): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return given.length === 0
    ? ''
    : `?${new URLSearchParams(given.map(([key, value]) => [key, String(value)]))}`;
}
