import type { User } from './user';

/**
 * One device on which a user is logged in. Access and refresh tokens name their login and are worth nothing
 * without it: to end the login is to log out.
 */
export interface Login {
  id: string;
  userId: string;
  createdAt: string;
  lastUsedAt: string;
  /** When its refresh token ends; each refresh moves it on. */
  expiresAt: string;
  userAgent: string | null;
  ip: string | null;
  /**
   * How often the refresh token was exchanged. A refresh token carries the number it was made at, so the database
   * alone knows which one is the current one.
   */
  generation: number;
}

/** What a signup, a login or a refresh answers. */
export interface AuthResult {
  user: User;
  token: string;
  /** When `token` ends. */
  expiresAt: string;
  refreshToken: string;
}

/** A login as its user sees it in the list of devices. */
export type LoginOverview = Omit<Login, 'userId' | 'generation'> & {
  /** True for the login that asks. */
  current: boolean;
};

/** Who a request or a socket speaks for. */
export interface Identity {
  userId: string;
  loginId: string;
  tokenExpiresAt: string;
}

/** What a refresh changes in a login. */
export type LoginRotation = Pick<Login, 'lastUsedAt' | 'expiresAt'>;
