import { ChatError } from '../domain/errors';
import { email, optional, parseFields, text, username, type ValuesOf } from '../domain/fields';
import { REFRESH_REPLAY_MS } from '../domain/limits';
import { canonicalEmail } from '../domain/text';
import {
  type AuthResult,
  enabledHash,
  type Identity,
  isDisabled,
  type Login,
  publicUser,
  type User,
  type UserRecord,
} from '../domain/user';
import type { LoginStore, UserStore } from '../stores/chatStore';
import { type Clock, timestampOf } from '../utils/clock';
import type { RateLimiter } from '../utils/rateLimiter';
import { uuidv7 } from '../utils/uuid';
import { newPassword, type PasswordGuesses, type PasswordMatch, type Passwords } from './passwords';
import type { Publisher } from './publisher';
import type { Tokens } from './tokens';

/** Takes some milliseconds. */
const EXPIRED_LOGINS_PER_CALL = 200;
/** How long an expired login is kept: 30 days. */
const LOGIN_RETENTION_MS = 30 * 86_400_000;

/** The device of a login. */
export type Device = Pick<Login, 'userAgent' | 'ip'>;

export interface AuthDependencies {
  store: LoginStore & UserStore;
  tokens: Tokens;
  passwords: Passwords;
  guesses: PasswordGuesses;
  publisher: Publisher;
  /** Refreshes per login. */
  refreshRate: RateLimiter;
  refreshExpiresInMs: number;
  /** Whether visitors may create accounts. */
  signUp: boolean;
  clock: Clock;
}

/** The fields of a new account. */
export const signUpFields = { username, email, password: newPassword };

/** The fields of a login. They may be any text: a wrong one is `INVALID_CREDENTIALS`, whatever its length. */
export const logInFields = { email: optional(text), username: optional(text), password: text };

function refuseDisabled(user: UserRecord): void {
  if (!isDisabled(user)) return;
  throw new ChatError('FORBIDDEN', { detail: 'This account is disabled. Ask the operator of the server.' });
}

/** A login that starts now. */
export function newLogin(userId: string, device: Device, now: number, refreshExpiresInMs: number): Login {
  return {
    id: uuidv7(),
    userId,
    createdAt: timestampOf(now),
    lastUsedAt: timestampOf(now),
    expiresAt: timestampOf(now + refreshExpiresInMs),
    ...device,
    generation: 0,
    confirmedAt: timestampOf(now),
  };
}

/** Accounts and logins. */
export class AuthService {
  /** The logins whose confirmation is being stored. */
  private readonly confirming = new Map<string, Promise<void>>();

  constructor(private readonly dependencies: AuthDependencies) {}

  /** Throws `VALIDATION_FAILED`, `USERNAME_TAKEN` or `EMAIL_TAKEN`, and `FORBIDDEN` if sign-up is closed. */
  async signUp(input: ValuesOf<typeof signUpFields>, device: Device): Promise<AuthResult> {
    const { store, passwords, clock, refreshExpiresInMs, signUp: isOpen } = this.dependencies;
    if (!isOpen) {
      throw new ChatError('FORBIDDEN', {
        detail: 'Sign-up is closed on this server. Ask its operator for an account.',
      });
    }
    const { username, email, password } = parseFields(signUpFields, input);
    const passwordHash = await passwords.hash(password);
    const now = timestampOf(clock());
    const user: User = { id: uuidv7(), username, email, createdAt: now, updatedAt: now };
    const login = newLogin(user.id, device, clock(), refreshExpiresInMs);
    await store.createUser({ ...user, passwordHash }, login);
    return this.resultOf(user, login);
  }

  /**
   * Logs in with the email or, if there is none, with the username. Throws `FORBIDDEN` if the account is disabled, which only its password
   * reveals, `INVALID_CREDENTIALS`, with the same response and timing for
   * an unknown name as for a wrong password, and `RATE_LIMITED` after too many wrong passwords for the account, unless it has a
   * login from this address.
   */
  async logIn(input: ValuesOf<typeof logInFields>, device: Device): Promise<AuthResult> {
    const { passwords, guesses } = this.dependencies;
    const { password, ...name } = parseFields(logInFields, input);
    const { found, account } = await this.findAccount(name);
    const match = await guesses.check(
      account,
      () => passwords.match(password, found ? enabledHash(found) : undefined),
      async () => found !== null && device.ip !== null && (await this.isLoggedInFrom(found.id, device.ip)),
    );
    if (!found || match === null) throw new ChatError('INVALID_CREDENTIALS');
    refuseDisabled(found);
    const user = await this.withCurrentHash(found, password, match);
    return this.openLogin(user, password, device);
  }

  /**
   * Exchanges a refresh token for the next pair of tokens. Repeating the latest exchange returns its refresh token again, with a
   * new access token, until `REFRESH_REPLAY_MS` after the first use of either. Any other token that was exchanged before
   * throws `TOKEN_REUSED` and revokes the login. Throws `UNAUTHENTICATED`, `TOKEN_EXPIRED`, and `RATE_LIMITED` for too many
   * refreshes of one login.
   */
  async refresh(refreshToken: string): Promise<AuthResult> {
    const { store, tokens, refreshRate, refreshExpiresInMs, clock } = this.dependencies;
    const { loginId, generation, isExpired } = tokens.verifyRefresh(refreshToken);
    refreshRate.take(loginId);
    if (isExpired) throw new ChatError('TOKEN_EXPIRED');
    const now = clock();
    const rotated = await store.rotateLogin(loginId, generation, {
      lastUsedAt: timestampOf(now),
      expiresAt: timestampOf(now + refreshExpiresInMs),
    });
    const login = rotated ?? (await this.replayedLogin(loginId, generation));
    const user = await store.findUser(login.userId);
    if (!user) throw new ChatError('UNAUTHENTICATED');
    return this.resultOf(publicUser(user), login);
  }

  /** True if this server has issued the refresh token. It may have expired, and its login may have been revoked. */
  isGenuineRefreshToken(refreshToken: string): boolean {
    try {
      this.dependencies.tokens.verifyRefresh(refreshToken);
      return true;
    } catch (error) {
      if (error instanceof ChatError) return false;
      throw error;
    }
  }

  /** Revokes a login with its tokens and sockets. False if the user has no such login. */
  async logOut(userId: string, loginId: string): Promise<boolean> {
    const { store, publisher } = this.dependencies;
    await publisher.revoking(userId, (id) => id === loginId);
    const ended = await store.deleteLogin(userId, loginId);
    if (ended) publisher.loginRevoked(userId, loginId);
    return ended;
  }

  /** Revokes all logins of the user except `exceptLoginId`. */
  async logOutAll(userId: string, exceptLoginId?: string): Promise<void> {
    const { store, publisher } = this.dependencies;
    await publisher.revoking(userId, (id) => id !== exceptLoginId);
    const ended = await store.deleteLogins(userId, exceptLoginId);
    for (const loginId of ended) publisher.loginRevoked(userId, loginId);
  }

  /** The user's active logins, the most recently used first. */
  listLogins(userId: string): Promise<Login[]> {
    return this.dependencies.store.listLogins(userId, timestampOf(this.dependencies.clock()));
  }

  /** Returns those of these logins that are no longer active. */
  findEndedLogins(loginIds: readonly string[]): Promise<string[]> {
    return this.dependencies.store.findEndedLogins(loginIds, timestampOf(this.dependencies.clock()));
  }

  /**
   * Deletes the logins whose refresh token expired `LOGIN_RETENTION_MS` ago. They are refused as soon as they expire, but a clock that is
   * wrong for some days must not log everybody out for good.
   */
  async clearExpiredLogins(): Promise<void> {
    const { store, clock } = this.dependencies;
    const before = timestampOf(clock() - LOGIN_RETENTION_MS);
    // In portions, so that nobody waits for many of them.
    while (await store.deleteExpiredLogins(before, EXPIRED_LOGINS_PER_CALL));
  }

  /** Returns the identity of an access token. Throws `TOKEN_EXPIRED`, or `UNAUTHENTICATED` if it is invalid or its login was revoked. */
  async authenticate(token: string): Promise<Identity> {
    const { userId, loginId, generation, expiresAt } = this.dependencies.tokens.verifyAccess(token);
    const login = await this.dependencies.store.findLogin(loginId);
    const now = timestampOf(this.dependencies.clock());
    if (login?.userId !== userId || login.expiresAt <= now) throw new ChatError('UNAUTHENTICATED');
    if (login.confirmedAt === null && login.generation === generation) this.confirm(login);
    return { userId, loginId, tokenExpiresAt: expiresAt };
  }

  /**
   * Finds the user who logs in. `account` identifies, for the limit of wrong passwords, an existing account under both of its names, and
   * any other name in all its forms.
   */
  private async findAccount(name: {
    email?: string;
    username?: string;
  }): Promise<{ found: UserRecord | null; account: string }> {
    const { store } = this.dependencies;
    const email = name.email === undefined ? null : canonicalEmail(name.email);
    const username = name.username?.trim() ?? '';
    const found = await (email === null ? store.findUserByUsername(username) : store.findUserByEmail(email));
    if (found) return { found, account: `login ${found.id}` };
    return { found, account: email === null ? `username ${username.toLowerCase()}` : `email ${email}` };
  }

  private async replayedLogin(loginId: string, generation: number): Promise<Login> {
    await this.confirming.get(loginId);
    const login = await this.dependencies.store.findLogin(loginId);
    if (!login) throw new ChatError('UNAUTHENTICATED');
    const { confirmedAt } = login;
    const isInTime =
      confirmedAt === null || this.dependencies.clock() - Date.parse(confirmedAt) <= REFRESH_REPLAY_MS;
    if (login.generation === generation + 1 && isInTime) return login;
    await this.logOut(login.userId, loginId);
    throw new ChatError('TOKEN_REUSED');
  }

  /** Stores the first use of a pair of tokens, without delaying that use. If it fails, the next use stores it. */
  private confirm({ id, generation }: Login): void {
    const { store, clock } = this.dependencies;
    if (this.confirming.has(id)) return;
    const stored = store
      .confirmLogin(id, generation, timestampOf(clock()))
      .catch(() => {})
      .finally(() => this.confirming.delete(id));
    this.confirming.set(id, stored);
  }

  private async isLoggedInFrom(userId: string, ip: string): Promise<boolean> {
    return (await this.listLogins(userId)).some((login) => login.ip === ip);
  }

  /** Replaces an outdated hash while the password is known, unless the password is changed concurrently. */
  private async withCurrentHash(
    user: UserRecord,
    password: string,
    match: PasswordMatch,
  ): Promise<UserRecord> {
    if (match === 'current') return user;
    const { store, passwords } = this.dependencies;
    const { id, passwordHash } = user;
    const renewed = { passwordHash: await passwords.hash(password) };
    return (await store.updateUser(id, renewed, passwordHash)) ?? user;
  }

  /**
   * Creates a login for a user whose password was compared. If the stored hash has changed since, the password is compared
   * again, because a concurrent login may only have replaced the hash of the same password.
   */
  private async openLogin(compared: UserRecord, password: string, device: Device): Promise<AuthResult> {
    const { store, passwords, clock, refreshExpiresInMs } = this.dependencies;
    let user = compared;
    for (;;) {
      const login = newLogin(user.id, device, clock(), refreshExpiresInMs);
      if (await store.createLogin(login, user.passwordHash)) return this.resultOf(publicUser(user), login);
      const current = await store.findUser(user.id);
      const match = current && (await passwords.match(password, enabledHash(current)));
      if (!current || match === null) throw new ChatError('INVALID_CREDENTIALS');
      refuseDisabled(current);
      user = current;
    }
  }

  private resultOf(user: User, login: Login): AuthResult {
    const { tokens } = this.dependencies;
    return { user, ...tokens.signAccess(login), refreshToken: tokens.signRefresh(login) };
  }
}
