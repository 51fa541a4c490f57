import { keep, readKept } from './tabStorage';

/** What was written in a session of this tab and not sent. */
export function readDraft(sessionId: string): string {
  return readKept(`draft:${sessionId}`);
}

export function keepDraft(sessionId: string, text: string): void {
  keep(`draft:${sessionId}`, text);
}
