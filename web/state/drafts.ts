import { keep, readKept } from './tabStorage';

/** What a user has written in a session of this tab and not sent. */
export function readDraft(userId: string, sessionId: string): string {
  return readKept(`draft:${userId}:${sessionId}`);
}

export function keepDraft(userId: string, sessionId: string, text: string): void {
  keep(`draft:${userId}:${sessionId}`, text);
}
