import { useEffect, useState } from 'preact/hooks';

/** The link to a session, or to the list if null. Uses the fragment, because the server serves the page at `/` only. */
export function addressOf(sessionId: string | null): string {
  return sessionId === null ? '#/' : `#/chat/${sessionId}`;
}

/** Opens a session, or the list if null. `replace` adds no entry to the history. */
export function goTo(sessionId: string | null, { replace = false } = {}): void {
  if (replace) location.replace(addressOf(sessionId));
  else location.hash = addressOf(sessionId);
}

/** The id of the open session, or null, as it changes. */
export function useRoute(): string | null {
  const [sessionId, setSessionId] = useState(readRoute);
  useEffect(() => {
    const read = () => setSessionId(readRoute());
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }, []);
  return sessionId;
}

/** The id of the open session, or null. Links may have it in capitals. */
export function readRoute(): string | null {
  return /^#\/chat\/([0-9a-f-]{36})$/i.exec(location.hash)?.[1]?.toLowerCase() ?? null;
}
