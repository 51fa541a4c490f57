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

/** What a refresh changes in a login. */
export type LoginRotation = Pick<Login, 'lastUsedAt' | 'expiresAt'>;
