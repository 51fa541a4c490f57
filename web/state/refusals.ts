import { Observable } from './observable';
import { keep, readKept } from './tabStorage';
import type { RefusedMessage } from './timeline';

export type Refusals = Observable<readonly RefusedMessage[]>;

const known = new Map<string, Refusals>();

/** What the server has refused of what a user has sent in a session from this tab, until it is sent again or discarded. */
export function refusalsOf(userId: string, sessionId: string): Refusals {
  const key = `refused:${userId}:${sessionId}`;
  const refusals = known.get(key) ?? restored(key);
  known.set(key, refusals);
  return refusals;
}

function restored(key: string): Refusals {
  const text = readKept(key);
  const refusals: Refusals = new Observable(text === '' ? [] : JSON.parse(text));
  refusals.subscribe(() => keep(key, refusals.value.length === 0 ? '' : JSON.stringify(refusals.value)));
  return refusals;
}
