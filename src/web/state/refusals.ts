import { keep, readKept } from './tabStorage';
import type { RefusedMessage } from './timeline';

/** What the server has refused of what this tab has sent in a session, until it is sent again or discarded. */
export function readRefused(sessionId: string): readonly RefusedMessage[] {
  const text = readKept(`refused:${sessionId}`);
  return text === '' ? [] : JSON.parse(text);
}

export function keepRefused(sessionId: string, refused: readonly RefusedMessage[]): void {
  keep(`refused:${sessionId}`, refused.length === 0 ? '' : JSON.stringify(refused));
}
