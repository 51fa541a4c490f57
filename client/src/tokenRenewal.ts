import { Backoff, pause, type Waits } from './backoff';
import { ChatClientError, isPassing } from './chatClientError';
import type { Link } from './link';
import type { Login } from './login';

/** The server tells of a token's end 60 s before it, or at once if it lives shorter: then there is half of that left to wait. */
const LONGEST_WAIT_MS = 30_000;

/** Puts the link on a new token, whose old one is about to end, so that it stays. */
export async function renewToken(link: Link, login: Login, waits: Waits): Promise<void> {
  const backoff = new Backoff(waits);
  const { token } = link;
  const renewAt = login.current?.renewAt ?? 0;
  await pause(Math.min(LONGEST_WAIT_MS, Math.max(0, renewAt - Date.now())), link.ended);
  while (link.isOpen && link.token === token) {
    try {
      await link.authenticate(await login.renew(token));
    } catch (error) {
      // What doesn't pass is an end of the login, or another login in its place: the next link stands on what there is then.
      if (!isPassing(error)) return link.close();
      await pause(backoff.next(error instanceof ChatClientError ? error.retryAfterMs : 0), link.ended);
    }
  }
}
