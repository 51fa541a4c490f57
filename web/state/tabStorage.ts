import { browserStorage } from '../../client/src/storage';

const storage = browserStorage(() => sessionStorage);

/** A text that this tab has kept under this key; empty if there is none. */
export function readKept(key: string): string {
  return storage.getItem(`smart-chat-page:${key}`) ?? '';
}

/** Keeps it for as long as the tab is open, or, where the browser keeps nothing, the page. */
export function keep(key: string, text: string): void {
  try {
    if (text === '') storage.removeItem(`smart-chat-page:${key}`);
    else storage.setItem(`smart-chat-page:${key}`, text);
  } catch {
    // It is full: what is on the screen is all that there is.
  }
}
