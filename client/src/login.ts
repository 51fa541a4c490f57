import type { AuthResult } from '../../src/domain/login';
import type { User } from '../../src/domain/user';
import { ChatClientError, type ChatClientErrorCode, isPassing, loggedOut } from './chatClientError';
import type { RestCall } from './restCall';
import type { StoredValue } from './storage';
import type { Tabs } from './tabs';
import { renewalTime } from './tokenLife';

/** A login as it is kept. */
export interface KeptLogin extends AuthResult {
  /** When to get the next token, in milliseconds of this device's clock. */
  renewAt: number;
}

export function isKeptLogin(value: object): value is KeptLogin {
  return 'token' in value && 'refreshToken' in value && 'user' in value && 'renewAt' in value;
}

/** What says that the login has ended, when it is the answer to its refresh token. */
const ENDED: readonly ChatClientErrorCode[] = [
  'UNAUTHENTICATED',
  'TOKEN_REUSED',
  'TOKEN_EXPIRED',
  'VALIDATION_FAILED',
];

/** The login of this page and of all that share its storage. */
export class Login {
  private renewal: Promise<string> | null = null;
  private toldUser: User | null;

  constructor(
    private readonly stored: StoredValue<KeptLogin>,
    private readonly call: RestCall,
    private readonly tabs: Tabs,
    private readonly changed: (user: User | null) => void,
  ) {
    this.toldUser = this.user;
  }

  get current(): KeptLogin | null {
    return this.stored.get();
  }

  get user(): User | null {
    return this.current?.user ?? null;
  }

  keep(result: AuthResult): void {
    this.stored.set({ ...result, renewAt: renewalTime(result.token, Date.now()) });
    this.tabs.tell('login');
    this.look();
  }

  /** Puts what has changed of the user in the place of what was known. */
  keepUser(user: User): void {
    const { current } = this;
    if (current?.user.id !== user.id || current.user.updatedAt > user.updatedAt) return;
    this.stored.set({ ...current, user });
    this.tabs.tell('login');
    this.look();
  }

  forget(): void {
    this.stored.remove();
    this.tabs.tell('login');
    this.look();
  }

  /** Tells of what has changed in the storage, by whomever. */
  look(): void {
    const { user } = this;
    if (user?.id === this.toldUser?.id && user?.updatedAt === this.toldUser?.updatedAt) return;
    this.toldUser = user;
    this.changed(user);
  }

  /** True if the token should be renewed. */
  get isDue(): boolean {
    return Date.now() >= (this.current?.renewAt ?? Number.POSITIVE_INFINITY);
  }

  /** The token, a new one if it is about to end. Rejects with `UNAUTHENTICATED` when nobody is logged in (any more). */
  async token(): Promise<string> {
    this.look();
    const { current } = this;
    if (!current) throw loggedOut();
    if (!this.isDue) return current.token;
    try {
      return await this.renew(current.token);
    } catch (error) {
      // It may still be good for a while; the server knows.
      if (isPassing(error)) return current.token;
      throw error;
    }
  }

  /** The token after this one, which ends soon or was refused. */
  renew(token: string): Promise<string> {
    this.renewal ??= this.tabs
      .alone(() => this.exchange(token))
      .finally(() => {
        this.renewal = null;
      });
    return this.renewal;
  }

  private async exchange(token: string): Promise<string> {
    const { current } = this;
    if (!current) throw loggedOut();
    if (current.token !== token) return current.token;
    const { refreshToken } = current;
    const next = await this.refresh(refreshToken);
    const isStillOurs = this.current?.refreshToken === refreshToken;
    if (next && isStillOurs) this.keep(next);
    if (!next && isStillOurs) this.forget();
    // Meanwhile another tab may have got the same successor, or have logged out, or in as somebody else.
    if (!this.current) throw loggedOut();
    return this.current.token;
  }

  /** Null if the login has ended. */
  private async refresh(refreshToken: string): Promise<AuthResult | null> {
    try {
      return await this.call<AuthResult>({
        method: 'POST',
        path: '/api/auth/refresh',
        body: { refreshToken },
      });
    } catch (error) {
      if (error instanceof ChatClientError && ENDED.includes(error.code)) return null;
      throw error;
    }
  }
}
