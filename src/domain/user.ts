/** An account as clients see it. Times are ISO 8601 UTC. */
export interface User {
  id: string;
  /** Unique regardless of case, stored as entered. */
  username: string;
  /** Unique, in lower case, with the domain in ASCII: `john@xn--mnchen-3ya.de`. Null for guests, and for users of the app's own backend without a verified one. */
  email: string | null;
  createdAt: string;
  updatedAt: string;
}

/** A user with the password hash, which never leaves the server. */
export interface UserRecord extends User {
  passwordHash: string;
  /** Identifies a user of the app's own backend: derived from the issuer and the subject of the tokens. Absent for accounts of this server. */
  identity?: string;
}

/** Takes the place of the hash for an account without a password. It matches no password. */
export const NO_PASSWORD = '-';

export function hasPassword(user: UserRecord): boolean {
  return enabledHash(user) !== NO_PASSWORD;
}

/** Whether it is an account without name, email and password, which its owner can turn into a full one. */
export function isGuest(user: UserRecord): boolean {
  return !hasPassword(user) && user.identity === undefined;
}

/** Stands before the password hash of a disabled account, which so matches no password and allows no login, whatever is in progress. */
const DISABLED_MARK = '!';

export function isDisabled({ passwordHash }: UserRecord): boolean {
  return passwordHash.startsWith(DISABLED_MARK);
}

/** The password hash as it is while the account is enabled. */
export function enabledHash(user: UserRecord): string {
  return isDisabled(user) ? user.passwordHash.slice(DISABLED_MARK.length) : user.passwordHash;
}

/** The password hash as it is while the account is disabled. */
export function disabledHash(user: UserRecord): string {
  return DISABLED_MARK + enabledHash(user);
}

/** Changes of a user. Omitted properties keep their values. */
export type UserChanges = Partial<Pick<UserRecord, 'username' | 'email' | 'passwordHash' | 'updatedAt'>>;

/** Removes the password hash. */
export function publicUser({ id, username, email, createdAt, updatedAt }: UserRecord): User {
  return { id, username, email, createdAt, updatedAt };
}

/**
 * A device on which a user is logged in. Access and refresh tokens name their login and are invalid without it, so deleting
 * the login revokes them.
 */
export interface Login {
  id: string;
  userId: string;
  createdAt: string;
  lastUsedAt: string;
  /** When its refresh token expires. Each refresh extends it. */
  expiresAt: string;
  userAgent: string | null;
  ip: string | null;
  /**
   * How often the refresh token was exchanged. A refresh token contains the generation it was issued for, so only the
   * database knows which token is current.
   */
  generation: number;
  /**
   * When a token of the current generation was first used, which proves that its owner has received it. Null until then, and never
   * null before the first refresh.
   */
  confirmedAt: string | null;
  /** It stands for one token of the app's own backend. Its id is derived from that token, and it ends with it. */
  isExternal?: true;
}

/** A token of the app's own backend that was revoked before it expires. */
export interface RevokedToken {
  /** The id of the login that stood for it. */
  id: string;
  expiresAt: string;
}

/**
 * How a request to a responder ended. `aborted`: not by a stop, but because the server or the session has ended, or another server has
 * taken over.
 */
export const REQUEST_OUTCOMES = ['complete', 'length', 'filtered', 'stopped', 'failed', 'aborted'] as const;
export type RequestOutcome = (typeof REQUEST_OUTCOMES)[number];

/** What one request to a responder has cost its user. */
export interface RequestUsage {
  /** The `messageId` of the user message. */
  replyTo: string;
  /** The number of the reply; 0 for the title of the session. */
  variant: number;
  /** Counts the requests for this reply, from 1. With `replyTo` and `variant` it identifies one request. */
  attempt: number;
  userId: string;
  /** The UTC day on which it was sent, `YYYY-MM-DD`. */
  day: string;
  model: string | null;
  promptTokens: number;
  completionTokens: number;
  /** The tokens are computed from the number of characters, because the provider has not reported them. */
  estimated: boolean;
  outcome: RequestOutcome;
}

/** The response to a sign-up, a login or a refresh. */
export interface AuthResult {
  user: User;
  token: string;
  /** When `token` expires. */
  expiresAt: string;
  refreshToken: string;
}

/** A login in the user's list of devices. */
export type LoginOverview = Omit<Login, 'userId' | 'generation' | 'confirmedAt' | 'isExternal'> & {
  /** True for the login of this request. */
  current: boolean;
};

/** The user and login of a request or a socket. */
export interface Identity {
  userId: string;
  loginId: string;
  /** When the token expires, in milliseconds since 1970. */
  tokenExpiry: number;
  /** Of a token of the app's own backend. */
  isExternal?: true;
}

/** The changes of a login by a refresh. */
export type LoginRotation = Pick<Login, 'lastUsedAt' | 'expiresAt'>;
