import type { AuthResult, LoginOverview } from '../domain/login';
import type { User } from '../domain/user';
import { isRefusedToken } from './api';
import type { ChatClient } from './chatClient';
import { loggedOut } from './chatClientError';
import { endLogin } from './logout';
import type { Parts } from './parts';

type Accounts = Pick<ChatClient, 'signUp' | 'logIn' | 'logOut' | 'logOutEverywhere' | 'account'>;

/** The calls about who somebody is. */
export function accountCalls({ call, waits, api, login, outbox }: Parts): Accounts {
  const enter = async (path: string, body: object): Promise<User> => {
    const former = login.current;
    const result = await call<AuthResult>({ method: 'POST', path, body });
    login.keep(result);
    // Nobody has it any more; if the server can't be told, it ends by itself one day.
    if (former) endLogin(call, waits, former).catch(() => {});
    return result.user;
  };
  const forget = () => {
    outbox.drop(loggedOut());
    login.forget();
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
      try {
        await api.patiently({ method: 'POST', path: '/api/auth/logout-all' });
      } catch (error) {
        // It has ended already: the answer to an earlier attempt was lost.
        if (!isRefusedToken(error)) throw error;
      }
      forget();
    },
    account: {
      async update(changes) {
        const user = await api.patiently<User>({ method: 'PATCH', path: '/api/auth/me', body: changes });
        login.keepUser(user);
        return user;
      },
      changePassword: (currentPassword, newPassword) =>
        api.once({ method: 'PUT', path: '/api/auth/password', body: { currentPassword, newPassword } }),
      async delete(password) {
        await api.once({ method: 'DELETE', path: '/api/auth/me', body: { password } });
        forget();
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
