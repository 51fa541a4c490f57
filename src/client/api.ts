import type { Waits } from './backoff';
import { ChatClientError } from './chatClientError';
import type { Login } from './login';
import { patiently } from './patience';
import type { RestCall, RestRequest } from './restCall';

/** REST calls in the name of whoever is logged in. */
export class Api {
  constructor(
    private readonly call: RestCall,
    private readonly login: Login,
    private readonly waits: Waits,
    /** Aborted when the client is closed: nothing is repeated then. */
    private readonly closed: AbortSignal,
  ) {}

  /** Makes the call once; with a fresh token if the one at hand is refused. */
  async once<T>(request: RestRequest): Promise<T> {
    const token = await this.login.token();
    try {
      return await this.call<T>({ ...request, token });
    } catch (error) {
      if (!isRefusedToken(error)) throw error;
      return this.call<T>({ ...request, token: await this.login.renew(token) });
    }
  }

  /** Makes a call that is harmless to repeat. */
  patiently<T>(request: RestRequest): Promise<T> {
    return patiently(this.waits, () => this.once<T>(request), this.closed);
  }

  /** Deletes something. If it is gone after a call whose answer was lost, that call has done it. */
  remove(path: string): Promise<void> {
    let mayBeDone = false;
    const attempt = async () => {
      try {
        await this.once({ method: 'DELETE', path });
      } catch (error) {
        const isGone = error instanceof ChatClientError && error.code === 'NOT_FOUND';
        if (!isGone || !mayBeDone) throw error;
      } finally {
        mayBeDone = true;
      }
    };
    return patiently(this.waits, attempt, this.closed);
  }
}

/** Whether the login itself has ended, only its refresh token tells. */
export function isRefusedToken(error: unknown): boolean {
  return (
    error instanceof ChatClientError && (error.code === 'TOKEN_EXPIRED' || error.code === 'UNAUTHENTICATED')
  );
}
