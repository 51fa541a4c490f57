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
