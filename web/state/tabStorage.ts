import { browserStorage } from '../../client/src/storage';
import { Observable } from './observable';
import type { RefusedMessage } from './timeline';

/** Kept until the tab is closed. Without `sessionStorage`, it is kept until the page is closed or reloaded. */
const storage = browserStorage(() => sessionStorage);

/** The text in the composer of a session. Empty if there is none. */
export function readDraft(userId: string, sessionId: string): string {
  return readText(`draft:${userId}:${sessionId}`);
}

export function storeDraft(userId: string, sessionId: string, text: string): void {
  storeText(`draft:${userId}:${sessionId}`, text);
}

export type RefusedMessages = Observable<readonly RefusedMessage[]>;

const refusedByKey = new Map<string, RefusedMessages>();

/** The messages of a session that the server refused, until they are sent again or discarded. Changes are stored. */
export function refusedMessages(userId: string, sessionId: string): RefusedMessages {
  const key = `refused:${userId}:${sessionId}`;
  const refused = refusedByKey.get(key) ?? readRefused(key);
  refusedByKey.set(key, refused);
  return refused;
}

function readRefused(key: string): RefusedMessages {
  const text = readText(key);
  const refused: RefusedMessages = new Observable(text === '' ? [] : JSON.parse(text));
  refused.subscribe(() => storeText(key, refused.value.length === 0 ? '' : JSON.stringify(refused.value)));
  return refused;
}

function readText(key: string): string {
  return storage.getItem(`smart-chat-page:${key}`) ?? '';
}

function storeText(key: string, text: string): void {
  try {
    if (text === '') storage.removeItem(`smart-chat-page:${key}`);
    else storage.setItem(`smart-chat-page:${key}`, text);
  } catch {
    // The storage is full. The text stays on the page, but doesn't survive a reload.
  }
}
