import type { SessionDocument } from '../../src/models/sessionModel';
import { MAX_SESSIONS, SessionCache } from '../../src/stores/mongo/sessionCache';
import { at, times } from '../../testkit/builders';

function sessionDocument(_id: string, fields: Partial<SessionDocument> = {}): SessionDocument {
  const [createdAt, activeAt] = [at(0), at(0)];
  const base = { _id, key: `key of ${_id}`, userId: 'ann', name: null, createdAt, activeAt };
  return { ...base, lastMessageAt: null, lastSeq: 0, ...fields };
}

test('a session is cached until it is deleted', () => {
  const cache = new SessionCache();
  const session = sessionDocument('a');
  cache.put(session);
  expect(cache.get('a')).toEqual(session);
  cache.delete('a');
  expect(cache.get('a')).toBeUndefined();
});

test('an older state does not replace a newer one, but a recreated session does', () => {
  const cache = new SessionCache();
  cache.put(sessionDocument('a', { lastSeq: 4 }));
  cache.put(sessionDocument('a', { lastSeq: 2 }));
  expect(cache.get('a')?.lastSeq).toBe(4);
  cache.put(sessionDocument('a', { key: 'another', lastSeq: 1 }));
  expect(cache.get('a')).toMatchObject({ key: 'another', lastSeq: 1 });
});

test('the cache is bounded, and evicts the least recently used session', () => {
  const cache = new SessionCache();
  for (const i of times(MAX_SESSIONS, (index) => index)) cache.put(sessionDocument(`${i}`));
  cache.get('0');
  cache.put(sessionDocument('one more'));
  expect(cache.get('0')).toBeDefined();
  expect(cache.get('1')).toBeUndefined();
  expect(cache.get('2')).toBeDefined();
  expect(cache.get('one more')).toBeDefined();
});
