/** A person with an account, as clients see it. Times are ISO 8601 UTC. */
export interface User {
  id: string;
  /** Unique without regard to case, kept as typed. */
  username: string;
  /** Unique, in lower case. */
  email: string;
  createdAt: string;
  updatedAt: string;
}

/** A user together with what only the server may know. */
export interface UserRecord extends User {
  passwordHash: string;
}

/** What of a user can change; what is left out stays. */
export type UserChanges = Partial<Pick<UserRecord, 'username' | 'email' | 'passwordHash'>> &
  Pick<UserRecord, 'updatedAt'>;

/** The user as others may see it. */
export function publicUser({ id, username, email, createdAt, updatedAt }: UserRecord): User {
  return { id, username, email, createdAt, updatedAt };
}
