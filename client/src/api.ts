import type { Waits } from './backoff';
import { ChatClientError, loggedOut } from './chatClientError';
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
    return this.onceAs<T>(this.login.user?.id, request);
  }

  /** Makes a call that is harmless to repeat. */
  async patiently<T>(request: RestRequest): Promise<T> {
    const userId = this.login.user?.id;
    return patiently(this.waits, () => this.onceAs<T>(userId, request), this.closed);
  }

  /** Deletes something. If it is gone after a call whose answer was lost, that call has done it. */
  async remove(path: string): Promise<void> {
    const userId = this.login.user?.id;
    let mayBeDone = false;
    const attempt = async () => {
      try {
        await this.onceAs(userId, { method: 'DELETE', path });
      } catch (error) {
        const isGone = error instanceof ChatClientError && error.code === 'NOT_FOUND';
        if (!isGone || !mayBeDone) throw error;
      } finally {
        mayBeDone = true;
      }
    };
    return patiently(this.waits, attempt, this.closed);
  }

  private async onceAs<T>(userId: string | undefined, request: RestRequest): Promise<T> {
    const token = await this.tokenOf(userId, this.login.token());
    try {
      return await this.call<T>({ ...request, token });
    } catch (error) {
      if (!isRefusedToken(error)) throw error;
      return this.call<T>({ ...request, token: await this.tokenOf(userId, this.login.renew(token)) });
    }
  }

  /** Rejects when somebody else is logged in by now: what one user has asked for is not done in the name of another. */
  private async tokenOf(userId: string | undefined, coming: Promise<string>): Promise<string> {
    const token = await coming;
    if (this.login.user?.id !== userId) throw loggedOut();
    return token;
  }
}

/** Whether the login itself has ended, only its refresh token tells. */
export function isRefusedToken(error: unknown): boolean {
  return (
    error instanceof ChatClientError && (error.code === 'TOKEN_EXPIRED' || error.code === 'UNAUTHENTICATED')
  );
}
