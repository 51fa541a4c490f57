import { useEffect, useState } from 'preact/hooks';

/** The address of a session on the page; of the list alone for null. Kept behind the `#`: the server knows only `/`. */
export function addressOf(sessionId: string | null): string {
  return sessionId === null ? '#/' : `#/chat/${sessionId}`;
}

/** Shows a session, or the list alone. `replace` leaves no way back. */
export function goTo(sessionId: string | null, { replace = false } = {}): void {
  if (replace) location.replace(addressOf(sessionId));
  else location.hash = addressOf(sessionId);
}

/** The session that the address names, null for none. */
export function useRoute(): string | null {
  const [sessionId, setSessionId] = useState(readRoute);
  useEffect(() => {
    const read = () => setSessionId(readRoute());
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }, []);
  return sessionId;
}

function readRoute(): string | null {
  return /^#\/chat\/([0-9a-f-]{36})$/i.exec(location.hash)?.[1]?.toLowerCase() ?? null;
}
