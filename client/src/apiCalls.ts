import type { Message } from '../../src/domain/message';
import { canonicalId } from '../../src/domain/text';
import type { AuthResult, LoginOverview, User } from '../../src/domain/user';
import type { BackoffOptions } from './backoff';
import type { ChatClient } from './chatClient';
import {
  ChatClientError,
  type ChatClientErrorCode,
  hasCode,
  isRetryable,
  isTokenRejected,
  notLoggedInError,
} from './chatClientError';
import { newId } from './environment';
import { type LoginManager, revokeLogin } from './login';
import type { Outbox } from './outbox';
import type { RestApi } from './restApi';
import type { RestCall } from './restCall';

export interface AccountDependencies {
  call: RestCall;
  backoff: BackoffOptions;
  api: RestApi;
  login: LoginManager;
  outbox: Outbox;
}

type AccountCalls = Pick<
  ChatClient,
  'signUp' | 'guest' | 'logIn' | 'logOut' | 'logOutEverywhere' | 'account'
>;
type SessionCalls = Pick<ChatClient, 'sessions' | 'history' | 'stopReply'>;

/** The request may have been received, although there was no response from the server. */
const OUTCOME_UNKNOWN: readonly ChatClientErrorCode[] = [
  'OFFLINE',
  'UNAVAILABLE',
  'BAD_RESPONSE',
  'INTERNAL',
];

/** The size of a download has no limit. */
const DOWNLOAD = { isDownload: true, timeoutMs: 600_000 } as const;

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
  const authenticate = async (path: string, body?: object): Promise<User> => {
    const result = await call<AuthResult>({ method: 'POST', path, ...(body && { body }) });
    const previous = login.current;
    save(result);
    // If the server can't be reached, the previous login stays unused until it expires.
    if (previous) revokeLogin(call, backoff, previous).catch(() => {});
    return result.user;
  };
  /** The token of the guest stays valid if the response is lost, so a retry finds the account signed up. */
  const signUpGuest = async (body: object): Promise<User> => {
    const result = await api.call<AuthResult>({ method: 'POST', path: '/api/auth/signup', body });
    save(result);
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
  const putPassword = (body: { currentPassword: string; newPassword: string }) =>
    api.call<void>({ method: 'PUT', path: '/api/auth/password', body });
  const changePassword = repeatable({
    call: putPassword,
    failsAfterSuccess: ['INVALID_CREDENTIALS'],
    confirm: ({ newPassword }) => putPassword({ currentPassword: newPassword, newPassword }),
  });
  return {
    signUp: repeatable({
      call: (input: { username: string; email: string; password: string }) =>
        login.user?.email === null ? signUpGuest(input) : authenticate('/api/auth/signup', input),
      failsAfterSuccess: ['USERNAME_TAKEN', 'EMAIL_TAKEN', 'CONFLICT'],
      confirm: ({ email, password }) => authenticate('/api/auth/login', { email, password }),
    }),
    guest: () => authenticate('/api/auth/guest'),
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
      changePassword: (currentPassword, newPassword) => changePassword({ currentPassword, newPassword }),
      async delete(password) {
        const { user } = login;
        const body = password === undefined ? {} : { password };
        await api.call({ method: 'DELETE', path: '/api/auth/me', body });
        clearUser(user);
      },
      async logins() {
        const { logins } = await api.callWithRetry<{ logins: LoginOverview[] }>({
          method: 'GET',
          path: '/api/auth/logins',
        });
        return logins;
      },
      export: () => api.call({ method: 'GET', path: '/api/auth/me/export', ...DOWNLOAD }),
      endLogin: (loginId) => api.delete(`/api/auth/logins/${encodeURIComponent(canonicalId(loginId))}`),
    },
  };
}

interface RepeatableCall<I, T> {
  call(input: I): Promise<T>;
  /** The errors of a call that repeats a successful one. */
  failsAfterSuccess: readonly ChatClientErrorCode[];
  /** Succeeds only if an earlier call with this input has succeeded. */
  confirm(input: I): Promise<T>;
}

/**
 * Makes a call that can't be repeated on the server. If the response is lost, the user may make the call again with the same input. Then an
 * error that says that the server has done it already is not reported as one.
 */
function repeatable<I, T>({
  call,
  failsAfterSuccess,
  confirm,
}: RepeatableCall<I, T>): (input: I) => Promise<T> {
  let unconfirmed: string | null = null;
  return async (input) => {
    const key = JSON.stringify(input);
    try {
      return await call(input);
    } catch (error) {
      if (hasCode(error, OUTCOME_UNKNOWN)) {
        unconfirmed = key;
        throw error;
      }
      if (unconfirmed !== key || !hasCode(error, failsAfterSuccess)) throw error;
      return await confirm(input).catch((other: unknown) => {
        throw isRetryable(other) ? other : error;
      });
    }
  };
}

/** Sessions and their history. */
export function createSessionCalls(api: RestApi): SessionCalls {
  return {
    sessions: {
      list: (page = {}) => api.callWithRetry({ method: 'GET', path: `/api/sessions${toQuery(page)}` }),
      get: (sessionId) => api.callWithRetry({ method: 'GET', path: sessionPath(sessionId) }),
      // With an id chosen here, a retry can't create a second session.
      create: ({ id = newId(), ...input } = {}) =>
        api.callWithRetry({ method: 'POST', path: '/api/sessions', body: { id: canonicalId(id), ...input } }),
      rename: (sessionId, name) =>
        api.callWithRetry({ method: 'PATCH', path: sessionPath(sessionId), body: { name } }),
      update: (sessionId, changes) =>
        api.callWithRetry({ method: 'PATCH', path: sessionPath(sessionId), body: changes }),
      markRead: (sessionId, seq) =>
        api.callWithRetry({ method: 'PUT', path: `${sessionPath(sessionId)}/read`, body: { seq } }),
      export: (sessionId, options = {}) =>
        api.call({
          method: 'GET',
          path: `${sessionPath(sessionId)}/export${toQuery(options)}`,
          ...DOWNLOAD,
        }),
      delete: (sessionId) => api.delete(sessionPath(sessionId)),
    },
    history: (sessionId, query = {}) =>
      api.callWithRetry({ method: 'GET', path: `${sessionPath(sessionId)}/messages${toQuery(query)}` }),
    async stopReply(sessionId, messageId) {
      const path = `${sessionPath(sessionId)}/messages/${encodeURIComponent(messageId)}/reply`;
      const { message } = await api.callWithRetry<{ message: Message | null }>({ method: 'DELETE', path });
      return message;
    },
  };
}

/** Asks for a further reply to a message. Its number makes the call safe to retry. */
export async function regenerateReply(
  api: RestApi,
  sessionId: string,
  messageId: string,
  variant: number,
): Promise<number> {
  const path = `${sessionPath(sessionId)}/messages/${encodeURIComponent(messageId)}/replies`;
  const made = await api.callWithRetry<{ variant: number }>({ method: 'POST', path, body: { variant } });
  return made.variant;
}

export function sessionPath(sessionId: string): string {
  return `/api/sessions/${encodeURIComponent(canonicalId(sessionId))}`;
}

function toQuery(parameters: object): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return given.length === 0
    ? ''
    : `?${given.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&')}`;
}
