import { useEffect, useState } from 'preact/hooks';

/** What an entry of the browser's history keeps: whether the list is the entry before it. */
interface EntryState {
  isAfterList: boolean;
}

/** The route of a chat that begins with its first message. */
export const NEW_CHAT = 'new';

/** The link to a session, to a new chat, or to the list if null. Uses the fragment, because the server serves the page at `/` only. */
export function addressOf(route: string | null): string {
  if (route === NEW_CHAT) return '#/new';
  return route === null ? '#/' : `#/chat/${route}`;
}

/** Opens a session, a new chat, or the list if null. `replace` adds no entry to the history. */
export function goTo(route: string | null, { replace = false } = {}): void {
  if (!replace) {
    location.hash = addressOf(route);
    return;
  }
  const { state } = history;
  location.replace(addressOf(route));
  history.replaceState(state, '');
}

/**
 * For a click on a link from a chat to the list: goes back if the chat was opened from there, so that going back from the list doesn't
 * lead to the chat again.
 */
export function goBackToList(event: MouseEvent): void {
  if (!readEntry()?.isAfterList || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.back();
}

/** The id of the open session, `NEW_CHAT`, or null, as it changes. */
export function useRoute(): string | null {
  const [route, setRoute] = useState(readRoute);
  useEffect(() => {
    // The list may not be the entry before the first one.
    if (!readEntry()) markEntry({ isAfterList: false });
    const read = ({ oldURL }: HashChangeEvent) => {
      if (!readEntry()) markEntry({ isAfterList: routeOf(new URL(oldURL).hash) === null });
      setRoute(readRoute());
    };
    // The address may have changed between rendering and this effect.
    setRoute(readRoute());
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }, []);
  return route;
}

function markEntry(state: EntryState): void {
  history.replaceState(state, '');
}

/** Null for a new entry. */
function readEntry(): EntryState | null {
  return history.state;
}

/** The id of the open session, `NEW_CHAT`, or null. Links may have the id in capitals. */
export function readRoute(): string | null {
  return routeOf(location.hash);
}

function routeOf(hash: string): string | null {
  if (hash === addressOf(NEW_CHAT)) return NEW_CHAT;
  return /^#\/chat\/([0-9a-f-]{36})$/i.exec(hash)?.[1]?.toLowerCase() ?? null;
}
