import { type BackoffOptions, type Cancellation, withRetry } from './backoff';
import { hasCode, isTokenRejected, notLoggedInError } from './chatClientError';
import type { LoginManager } from './login';
import type { RestCall, RestRequest } from './restCall';

/** The REST API with the login's access token. */
export class RestApi {
  constructor(
    private readonly callOnce: RestCall,
    private readonly login: LoginManager,
    private readonly backoff: BackoffOptions,
    /** Canceled when the client is closed, which ends retries. */
    private readonly closing: Cancellation,
  ) {}

  /** Makes the call once, or again with a new token if the server rejects the current one. */
  async call<T>(request: RestRequest): Promise<T> {
    return this.callAs<T>(this.login.user?.id, request);
  }

  /** Makes an idempotent call, with retries. */
  async callWithRetry<T>(request: RestRequest): Promise<T> {
    const userId = this.login.user?.id;
    return withRetry(this.backoff, () => this.callAs<T>(userId, request), this.closing);
  }

  /** Deletes with retries. `NOT_FOUND` on a retry means that an earlier attempt succeeded and its response was lost. */
  async delete(path: string): Promise<void> {
    const userId = this.login.user?.id;
    let isRetry = false;
    const attempt = async () => {
      try {
        await this.callAs(userId, { method: 'DELETE', path });
      } catch (error) {
        if (!isRetry || !hasCode(error, ['NOT_FOUND'])) throw error;
      } finally {
        isRetry = true;
      }
    };
    return withRetry(this.backoff, attempt, this.closing);
  }

  private async callAs<T>(userId: string | undefined, request: RestRequest): Promise<T> {
    const token = await this.tokenFor(userId, this.login.getToken());
    try {
      return await this.callOnce<T>({ ...request, token });
    } catch (error) {
      if (!isTokenRejected(error)) throw error;
      return this.callOnce<T>({
        ...request,
        token: await this.tokenFor(userId, this.login.renewToken(token)),
      });
    }
  }

  /** Rejects if another user has logged in meanwhile: a call must not run under another account. */
  private async tokenFor(userId: string | undefined, pendingToken: Promise<string>): Promise<string> {
    const token = await pendingToken;
    if (this.login.user?.id !== userId) throw notLoggedInError();
    return token;
  }
}
