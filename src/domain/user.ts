/** An account as clients see it. Times are ISO 8601 UTC. */
export interface User {
  id: string;
  /** Unique regardless of case, stored as entered. */
  username: string;
  /** Unique, in lower case, with the domain in ASCII: `john@xn--mnchen-3ya.de`. */
  email: string;
  createdAt: string;
  updatedAt: string;
}

/** A user with the password hash, which never leaves the server. */
export interface UserRecord extends User {
  passwordHash: string;
}

/** Changes of a user. Omitted properties keep their values. */
export type UserChanges = Partial<Pick<UserRecord, 'username' | 'email' | 'passwordHash' | 'updatedAt'>>;

/** Removes the password hash. */
export function publicUser({ id, username, email, createdAt, updatedAt }: UserRecord): User {
  return { id, username, email, createdAt, updatedAt };
}
