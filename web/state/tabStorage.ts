import { newId } from '../../client/src/environment';
import { browserStorage } from '../../client/src/storage';
import { Observable } from './observable';
import type { RefusedMessage } from './timeline';

/** Kept until the tab is closed. Without `sessionStorage`, it is kept until the page is closed or reloaded. */
const storage = browserStorage(() => sessionStorage);

/** A pause in typing after which the draft is stored. Storing a long text takes longer than a key press may. */
const STORE_DRAFT_AFTER_MS = 300;

/** The text in the composer of a session. Changes are stored soon, or at once by `store`. */
export class Draft {
  private readonly key: string;
  private readChanged: (() => string) | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(userId: string, sessionId: string) {
    this.key = `draft:${userId}:${sessionId}`;
  }

  /** The stored text. Empty if there is none. */
  read(): string {
    return readText(this.key);
  }

  /** The text has changed. It is read when it is stored. */
  change(readChanged: () => string): void {
    this.readChanged = readChanged;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.store(), STORE_DRAFT_AFTER_MS);
  }

  /** Stores the latest change, if it isn't stored. */
  store(): void {
    clearTimeout(this.timer);
    if (this.readChanged) storeText(this.key, this.readChanged());
    this.readChanged = null;
  }
}

/**
 * The id of the chat that this user starts with the next first message. It survives a reload, so that the text in its composer does too.
 */
export function newChatId(userId: string): string {
  const key = `new-chat:${userId}`;
  const id = readText(key) || newId();
  storeText(key, id);
  return id;
}

/** The chat has its first message: the next one gets another id. */
export function forgetNewChat(userId: string): void {
  storeText(`new-chat:${userId}`, '');
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
