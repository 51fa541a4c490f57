import type { AuthResult, LoginOverview } from '../../src/domain/login';
import type { User } from '../../src/domain/user';
import { isRefusedToken } from './api';
import type { ChatClient } from './chatClient';
import { ChatClientError, loggedOut } from './chatClientError';
import { endLogin } from './logout';
import type { Parts } from './parts';

type Accounts = Pick<ChatClient, 'signUp' | 'logIn' | 'logOut' | 'logOutEverywhere' | 'account'>;

const NO_ROOM =
  'The storage has no room to keep the login. Delete some of what it keeps for this site, and log in again.';

/** The calls about who somebody is. */
export function accountCalls({ call, waits, api, login, outbox }: Parts): Accounts {
  /** Ends a login that the storage has no room for: it would be lost with the page. */
  const keep = (result: AuthResult) => {
    try {
      login.keep(result);
    } catch (cause) {
      endLogin(call, waits, result).catch(() => {});
      throw new ChatClientError('NO_ROOM', NO_ROOM, { cause });
    }
  };
  const enter = async (path: string, body: object): Promise<User> => {
    const result = await call<AuthResult>({ method: 'POST', path, body });
    const former = login.current;
    keep(result);
    // Nobody has it any more; if the server can't be told, it ends by itself one day.
    if (former) endLogin(call, waits, former).catch(() => {});
    return result.user;
  };
  const forget = () => {
    outbox.drop(loggedOut());
    login.forget();
  };
  /** Forgets the login unless it is somebody else's by now. */
  const forgetUser = (user: User | null) => {
    if (login.user === null || login.user.id === user?.id) forget();
  };
  return {
    signUp: (input) => enter('/api/auth/signup', input),
    logIn: (input) => enter('/api/auth/login', input),
    async logOut() {
      const { current } = login;
      forget();
      if (current) await endLogin(call, waits, current);
    },
    async logOutEverywhere() {
      const { user } = login;
      try {
        await api.patiently({ method: 'POST', path: '/api/auth/logout-all' });
      } catch (error) {
        // It has ended already: the answer to an earlier attempt was lost.
        if (!isRefusedToken(error)) throw error;
      }
      forgetUser(user);
    },
    account: {
      async read() {
        const user = await api.patiently<User>({ method: 'GET', path: '/api/auth/me' });
        login.keepUser(user);
        return user;
      },
      async update(changes) {
        const user = await api.patiently<User>({ method: 'PATCH', path: '/api/auth/me', body: changes });
        login.keepUser(user);
        return user;
      },
      changePassword: (currentPassword, newPassword) =>
        api.once({ method: 'PUT', path: '/api/auth/password', body: { currentPassword, newPassword } }),
      async delete(password) {
        const { user } = login;
        await api.once({ method: 'DELETE', path: '/api/auth/me', body: { password } });
        forgetUser(user);
      },
      async logins() {
        const answer = await api.patiently<{ logins: LoginOverview[] }>({
          method: 'GET',
          path: '/api/auth/logins',
        });
        return answer.logins;
      },
      endLogin: (loginId) => api.remove(`/api/auth/logins/${encodeURIComponent(loginId)}`),
    },
  };
}
