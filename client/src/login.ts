import { REFRESH_TIMEOUT_MS } from '../../src/domain/limits';
import type { AuthResult, User } from '../../src/domain/user';
import { type BackoffOptions, withRetry } from './backoff';
import type { Tabs } from './browser';
import {
  type ChatClientErrorCode,
  hasCode,
  isRetryable,
  isTokenRejected,
  notLoggedInError,
} from './chatClientError';
import { decodeBase64Url } from './environment';
import type { RestCall } from './restCall';
import type { StoredValue } from './storage';

export interface StoredLogin extends AuthResult {
  /** When to renew the token, in milliseconds of this device's clock. */
  renewAt: number;
}

export function isStoredLogin(value: object): value is StoredLogin {
  return 'token' in value && 'refreshToken' in value && 'user' in value && 'renewAt' in value;
}

/** Responses to a refresh that mean that the login has ended. */
const LOGIN_ENDED: readonly ChatClientErrorCode[] = [
  'UNAUTHENTICATED',
  'TOKEN_REUSED',
  'TOKEN_EXPIRED',
  'VALIDATION_FAILED',
];

/** A token is renewed this long before it expires, or after half of its lifetime if that is later. */
const RENEWAL_MARGIN_MS = 60_000;

/** The login of this client and of all clients that share its storage. */
export class LoginManager {
  private renewal: Promise<string> | null = null;
  private reportedUser: User | null;

  constructor(
    private readonly stored: StoredValue<StoredLogin>,
    private readonly call: RestCall,
    private readonly tabs: Tabs,
    /** Called when a user logs in, changes or logs out, in this tab or another one. */
    private readonly onUserChange: (user: User | null) => void,
  ) {
    this.reportedUser = this.user;
  }

  get current(): StoredLogin | null {
    return this.stored.get();
  }

  get user(): User | null {
    return this.current?.user ?? null;
  }

  save(result: AuthResult): void {
    this.stored.set({ ...result, renewAt: renewalTime(result.token, Date.now()) });
    this.tabs.notify('login');
    this.reportChange();
  }

  /** Saves a changed user. A version older than the stored one is ignored, since responses can arrive out of order. */
  updateUser(user: User): void {
    const { current } = this;
    if (current?.user.id !== user.id || current.user.updatedAt > user.updatedAt) return;
    this.stored.set({ ...current, user });
    this.tabs.notify('login');
    this.reportChange();
  }

  clear(): void {
    this.stored.remove();
    this.tabs.notify('login');
    this.reportChange();
  }

  /** Reports the stored user if it differs from the last one reported. Another tab may have changed it. */
  reportChange(): void {
    const { user } = this;
    if (isSameUser(user, this.reportedUser)) return;
    this.reportedUser = user;
    this.onUserChange(user);
  }

  /** Returns the access token, renewed if it expires soon. Rejects with `UNAUTHENTICATED` if nobody is logged in. */
  async getToken(): Promise<string> {
    this.reportChange();
    const { current } = this;
    if (!current) throw notLoggedInError();
    if (Date.now() < current.renewAt) return current.token;
    try {
      return await this.renewToken(current.token);
    } catch (error) {
      // The current token may still be valid; the server decides.
      if (isRetryable(error)) return current.token;
      throw error;
    }
  }

  /** Replaces this token, which expires soon or was rejected. Concurrent calls share one refresh. */
  renewToken(token: string): Promise<string> {
    this.renewal ??= this.tabs
      .runExclusive(() => this.replaceToken(token))
      .finally(() => {
        this.renewal = null;
      });
    return this.renewal;
  }

  private async replaceToken(token: string): Promise<string> {
    const { current } = this;
    if (!current) throw notLoggedInError();
    // Another tab has already renewed it.
    if (current.token !== token) return current.token;
    const { refreshToken } = current;
    const renewed = await this.refresh(refreshToken);
    const isSameLogin = this.current?.refreshToken === refreshToken;
    if (renewed && isSameLogin) this.save(renewed);
    if (!renewed && isSameLogin) this.clear();
    // Meanwhile another tab may have renewed the token, logged out, or logged in as another user.
    if (!this.current) throw notLoggedInError();
    return this.current.token;
  }

  /** Returns null if the login has ended. */
  private async refresh(refreshToken: string): Promise<AuthResult | null> {
    try {
      return await requestRefresh(this.call, refreshToken);
    } catch (error) {
      if (hasCode(error, LOGIN_ENDED)) return null;
      throw error;
    }
  }
}

/** Revokes a login that is no longer stored. Rejects if the server can't be reached. */
export async function revokeLogin(call: RestCall, backoff: BackoffOptions, login: AuthResult): Promise<void> {
  let { token } = login;
  const logOut = () => call({ method: 'POST', path: '/api/auth/logout', token });
  try {
    await withRetry(backoff, async () => {
      try {
        await logOut();
      } catch (error) {
        if (!hasCode(error, ['TOKEN_EXPIRED'])) throw error;
        ({ token } = await requestRefresh(call, login.refreshToken));
        await logOut();
      }
    });
  } catch (error) {
    // It had already ended.
    if (!isTokenRejected(error)) throw error;
  }
}

function requestRefresh(call: RestCall, refreshToken: string): Promise<AuthResult> {
  return call<AuthResult>({
    method: 'POST',
    path: '/api/auth/refresh',
    body: { refreshToken },
    timeoutMs: REFRESH_TIMEOUT_MS,
  });
}

/**
 * When to renew a token received now. Uses only the token's lifetime, not its dates: this device's clock may differ from the
 * server's by hours.
 */
export function renewalTime(token: string, now: number): number {
  const lifetimeMs = readLifetime(token);
  return now + lifetimeMs - Math.min(RENEWAL_MARGIN_MS, lifetimeMs / 2);
}

/** In milliseconds. A token that can't be decoded counts as permanent, so it is renewed when the server rejects it. */
function readLifetime(token: string): number {
  const payload = decodeBase64Url(token.split('.')[1] ?? '');
  try {
    const { iat, exp }: { iat?: unknown; exp?: unknown } = JSON.parse(payload);
    return typeof iat === 'number' && typeof exp === 'number' ? (exp - iat) * 1000 : Number.MAX_SAFE_INTEGER;
  } catch {
    return Number.MAX_SAFE_INTEGER;
  }
}

/** Compares all that may change: two changes may have the same `updatedAt` if the server's clock was set back. */
function isSameUser(a: User | null, b: User | null): boolean {
  return (
    a?.id === b?.id && a?.updatedAt === b?.updatedAt && a?.username === b?.username && a?.email === b?.email
  );
}
