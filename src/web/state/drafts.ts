const PREFIX = 'smart-chat-page:draft:';

/** What was written in a session of this tab and not sent. */
export function readDraft(sessionId: string): string {
  try {
    return sessionStorage.getItem(PREFIX + sessionId) ?? '';
  } catch {
    return '';
  }
}

/** Where the browser keeps nothing, a draft lives as long as it is on the screen. */
export function keepDraft(sessionId: string, text: string): void {
  try {
    if (text === '') sessionStorage.removeItem(PREFIX + sessionId);
    else sessionStorage.setItem(PREFIX + sessionId, text);
  } catch {}
}
