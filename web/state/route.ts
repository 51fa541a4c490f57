import { useEffect, useState } from 'preact/hooks';

/** What an entry of the browser's history keeps: whether the list is the entry before it. */
interface EntryState {
  isAfterList: boolean;
}

/** The link to a session, or to the list if null. Uses the fragment, because the server serves the page at `/` only. */
export function addressOf(sessionId: string | null): string {
  return sessionId === null ? '#/' : `#/chat/${sessionId}`;
}

/** Opens a session, or the list if null. `replace` adds no entry to the history. */
export function goTo(sessionId: string | null, { replace = false } = {}): void {
  if (!replace) {
    location.hash = addressOf(sessionId);
    return;
  }
  const { state } = history;
  location.replace(addressOf(sessionId));
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

/** The id of the open session, or null, as it changes. */
export function useRoute(): string | null {
  const [sessionId, setSessionId] = useState(readRoute);
  useEffect(() => {
    // The list may not be the entry before the first one.
    if (!readEntry()) markEntry({ isAfterList: false });
    const read = ({ oldURL }: HashChangeEvent) => {
      if (!readEntry()) markEntry({ isAfterList: routeOf(new URL(oldURL).hash) === null });
      setSessionId(readRoute());
    };
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }, []);
  return sessionId;
}

function markEntry(state: EntryState): void {
  history.replaceState(state, '');
}

/** Null for a new entry. */
function readEntry(): EntryState | null {
  return history.state;
}

/** The id of the open session, or null. Links may have it in capitals. */
export function readRoute(): string | null {
  return routeOf(location.hash);
}

function routeOf(hash: string): string | null {
  return /^#\/chat\/([0-9a-f-]{36})$/i.exec(hash)?.[1]?.toLowerCase() ?? null;
}
