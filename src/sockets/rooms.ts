/**
 * The devices in a session. The owner is part of the name, so that a socket that joins before it is known whose the
 * session is can't hear what isn't its user's.
 */
export function sessionRoom(userId: string, sessionId: string): string {
  return `session:${userId}:${sessionId}`;
}

/** All devices of a user. */
export function userRoom(userId: string): string {
  return `user:${userId}`;
}

/** All sockets of one login. */
export function loginRoom(loginId: string): string {
  return `login:${loginId}`;
}
