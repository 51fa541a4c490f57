import { ChatError } from '../domain/errors';
import { email, optional, parseFields, text, username, type ValuesOf } from '../domain/fields';
import { REFRESH_REPLAY_MS } from '../domain/limits';
import { canonicalEmail } from '../domain/text';
import {
  type AuthResult,
  enabledHash,
  hasPassword,
  type Identity,
  isDisabled,
  isGuest,
  type Login,
  publicUser,
  type User,
  type UserRecord,
} from '../domain/user';
import type { LoginStore, UserStore } from '../stores/chatStore';
import { type Clock, timestampOf } from '../utils/clock';
import type { RateLimiter } from '../utils/rateLimiter';
import { uuidv7 } from '../utils/uuid';
import type { ExternalTokens } from './externalTokens';
import type { PasswordlessAccounts } from './passwordlessAccounts';
import { newPassword, type PasswordGuesses, type PasswordMatch, type Passwords } from './passwords';
import type { Publisher } from './publisher';
import type { Tokens } from './tokens';

/** Takes some milliseconds. */
const EXPIRED_LOGINS_PER_CALL = 200;
/** How long an expired login is kept: 30 days. */
const LOGIN_RETENTION_MS = 30 * 86_400_000;

/** The device of a login. */
export type Device = Pick<Login, 'userAgent' | 'ip'>;

const UNKNOWN_DEVICE: Device = { userAgent: null, ip: null };

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
  /** Whether visitors may chat without an account. */
  guests: boolean;
  passwordless: PasswordlessAccounts;
  /** Null without a backend whose tokens are accepted. */
  external: ExternalTokens | null;
  clock: Clock;
}

/** The fields of a new account. */
export const signUpFields = { username, email, password: newPassword };

/** The fields of a login. They may be any text: a wrong one is `INVALID_CREDENTIALS`, whatever its length. */
export const logInFields = { email: optional(text), username: optional(text), password: text };

const DISABLED = 'This account is disabled. Ask the operator of the server.';

function refuseDisabled(user: UserRecord): void {
  if (isDisabled(user)) throw new ChatError('FORBIDDEN', { detail: DISABLED });
}

function revokedToken(): ChatError {
  const detail = 'This token was revoked by a logout. Get a fresh one from the service that issued it.';
  return new ChatError('UNAUTHENTICATED', { detail });
}

/** The hash to compare a password with. Undefined if there is no user or no password. */
function comparableHash(user: UserRecord | null): string | undefined {
  return user && hasPassword(user) ? enabledHash(user) : undefined;
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

  /**
   * Creates an account with a login, or turns the account of a guest, whose login stays, into a full one. Throws `VALIDATION_FAILED`,
   * `USERNAME_TAKEN` or `EMAIL_TAKEN`, `FORBIDDEN` if sign-up is closed, and `CONFLICT` if the account is no guest's.
   */
  async signUp(input: ValuesOf<typeof signUpFields>, device: Device, guest?: Identity): Promise<AuthResult> {
    const { store, passwords, clock, refreshExpiresInMs, signUp: isOpen } = this.dependencies;
    if (!isOpen) {
      throw new ChatError('FORBIDDEN', {
        detail: 'Sign-up is closed on this server. Ask its operator for an account.',
      });
    }
    const { username, email, password } = parseFields(signUpFields, input);
    if (guest) return this.signUpGuest(guest, { username, email, password });
    const passwordHash = await passwords.hash(password);
    const now = timestampOf(clock());
    const user: User = { id: uuidv7(), username, email, createdAt: now, updatedAt: now };
    const login = newLogin(user.id, device, clock(), refreshExpiresInMs);
    await store.createUser({ ...user, passwordHash }, login);
    return this.resultOf(user, login);
  }

  /** Creates an account without email and password, with a login. Throws `FORBIDDEN` if guests are not allowed. */
  async createGuest(device: Device): Promise<AuthResult> {
    const { guests, passwordless, clock, refreshExpiresInMs } = this.dependencies;
    if (!guests) {
      throw new ChatError('FORBIDDEN', {
        detail: 'Guests are not allowed on this server. Sign up or log in.',
      });
    }
    const { user, login } = await passwordless.createGuest((userId) =>
      newLogin(userId, device, clock(), refreshExpiresInMs),
    );
    return this.resultOf(publicUser(user), login);
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
      () => passwords.match(password, comparableHash(found)),
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
    const { store, tokens, refreshRate, refreshExpiresInMs, clock, external } = this.dependencies;
    if (external?.isClaimedBy(refreshToken)) {
      const detail =
        'This server can not refresh this token. Get a fresh one from the service that issued it.';
      throw new ChatError('UNAUTHENTICATED', { detail });
    }
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
    // The next request with the token creates such a login again, so a clock that is fast logs no user out.
    const externalBefore = timestampOf(clock());
    // In portions, so that nobody waits for many of them.
    while (await store.deleteExpiredLogins(before, externalBefore, EXPIRED_LOGINS_PER_CALL));
  }

  /**
   * Returns the identity of an access token, of this server or of the app's own backend. Throws `TOKEN_EXPIRED`, or `UNAUTHENTICATED` if it is
   * invalid or its login was revoked. `deviceOf` is called if a token of the backend is seen for the first time.
   */
  async authenticate(token: string, deviceOf: () => Device = () => UNKNOWN_DEVICE): Promise<Identity> {
    const { external } = this.dependencies;
    if (external?.isClaimedBy(token)) return this.authenticateExternal(external, token, deviceOf);
    const { userId, loginId, generation, expiry } = this.dependencies.tokens.verifyAccess(token);
    const login = await this.dependencies.store.findLogin(loginId);
    const now = timestampOf(this.dependencies.clock());
    if (login?.userId !== userId || login.expiresAt <= now) throw new ChatError('UNAUTHENTICATED');
    if (login.confirmedAt === null && login.generation === generation) this.confirm(login);
    return { userId, loginId, tokenExpiry: expiry };
  }

  /** Each token of the app's own backend has a login of its own, so that it is listed and revoked like any other. */
  private async authenticateExternal(
    external: ExternalTokens,
    token: string,
    deviceOf: () => Device,
  ): Promise<Identity> {
    const { store, passwordless, clock } = this.dependencies;
    const { loginId, expiresAt, ...claims } = await external.verify(token);
    const identity = { loginId, tokenExpiry: Date.parse(expiresAt), isExternal: true } as const;
    const known = await store.findLogin(loginId);
    if (known) return { ...identity, userId: known.userId };
    // Before a user is created, as the deletion of the user may have revoked it.
    if (await store.isTokenRevoked(loginId)) throw revokedToken();
    const user = await passwordless.findOrCreate(claims);
    if (isDisabled(user)) throw new ChatError('UNAUTHENTICATED', { detail: DISABLED });
    const login: Login = {
      ...newLogin(user.id, deviceOf(), clock(), 0),
      id: loginId,
      expiresAt,
      isExternal: true,
    };
    if (!(await store.createLogin(login, user.passwordHash))) throw revokedToken();
    return { ...identity, userId: user.id };
  }

  private async signUpGuest(
    { userId, loginId }: Identity,
    { username, email, password }: ValuesOf<typeof signUpFields>,
  ): Promise<AuthResult> {
    const { store, passwords, clock } = this.dependencies;
    const [user, login] = await Promise.all([store.findUser(userId), store.findLogin(loginId)]);
    if (!user || !login) throw new ChatError('UNAUTHENTICATED');
    const passwordHash = isGuest(user) ? await passwords.hash(password) : null;
    const changes = { username, email, updatedAt: timestampOf(clock()) };
    // Null if it was signed up meanwhile.
    const changed =
      passwordHash && (await store.updateUser(userId, { ...changes, passwordHash }, user.passwordHash));
    if (changed) return this.resultOf(publicUser(changed), login);
    throw new ChatError('CONFLICT', {
      detail:
        'This account is not that of a guest. To create another account, send the request without the Authorization header.',
    });
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
      const match = current && (await passwords.match(password, comparableHash(current)));
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
