import type { AuthResult } from '../../src/domain/login';
import { isRefusedToken } from './api';
import type { Waits } from './backoff';
import { ChatClientError } from './chatClientError';
import { patiently } from './patience';
import type { RestCall } from './restCall';

/** Ends a login on the server that nobody here has any more. Rejects if the server can't be told. */
export async function endLogin(call: RestCall, waits: Waits, login: AuthResult): Promise<void> {
  let { token } = login;
  const { refreshToken } = login;
  const logOut = () => call({ method: 'POST', path: '/api/auth/logout', token });
  try {
    await patiently(waits, async () => {
      try {
        await logOut();
      } catch (error) {
        if (!(error instanceof ChatClientError) || error.code !== 'TOKEN_EXPIRED') throw error;
        const request = { method: 'POST', path: '/api/auth/refresh', body: { refreshToken } } as const;
        ({ token } = await call<AuthResult>(request));
        await logOut();
      }
    });
  } catch (error) {
    // It has ended before.
    if (!isRefusedToken(error)) throw error;
  }
}
