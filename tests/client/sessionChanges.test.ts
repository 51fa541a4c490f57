import { randomUUID } from 'node:crypto';
import { mergeSessions, type Session } from '../../client/src';
import { at, times } from '../../testkit/builders';
import { Random } from '../../testkit/random';
import { startScriptedServer } from './scriptedServer';
import { newClient, next } from './support';

/** A session with its last message at this second. */
function session(id: string, second: number, fields: Partial<Session> = {}): Session {
  const state = { readSeq: 0, pinned: false, archived: false, preview: null };
  const base = { id, userId: 'user', name: 'Name', createdAt: at(0), ...state };
  return { ...base, lastMessageAt: at(second), lastSeq: second, ...fields };
}

test('what is known of a session does not go back when an older state of it is merged', () => {
  const known = session('a', 5, { readSeq: 4, preview: 'new' });
  const older = session('a', 3, { readSeq: 5, preview: 'old', pinned: true, archived: true });
  const merged = { ...older, lastSeq: 5, lastMessageAt: known.lastMessageAt, preview: 'new', readSeq: 5 };
  expect(mergeSessions([known], [older])).toEqual([merged]);
  expect(mergeSessions([older], [{ ...known, readSeq: 1 }])).toEqual([{ ...known, readSeq: 5 }]);
});

describe('the session event', () => {
  test('of a type that the client does not know is ignored', async () => {
    const known = { type: 'active', session: session(randomUUID(), 2) };
    const server = await startScriptedServer({
      connected(socket) {
        socket.emit('session', { type: 'unheard-of', session: session(randomUUID(), 1) });
        socket.emit('session', known);
      },
    });
    const client = newClient({ url: server.url, fetch });
    const first = next(client, 'session');
    await client.logIn({ email: 'ann@example.com', password: 'any' });
    expect(await first).toEqual(known);
  });

  test('of type list, and each connect, is reported as sessions', async () => {
    const asked: string[] = [];
    const server = await startScriptedServer({
      connected(socket) {
        asked.push('connected');
        socket.emit('session', { type: 'list' });
      },
    });
    const client = newClient({ url: server.url, fetch });
    const seen: string[] = [];
    client.on('session', ({ type }) => seen.push(type));
    client.on('sessions', () => seen.push('sessions'));
    const twice = next(client, 'sessions', () => seen.length === 2);
    await client.logIn({ email: 'ann@example.com', password: 'any' });
    await twice;
    expect(asked).toEqual(['connected']);
    expect(seen).toEqual(['sessions', 'sessions']);
  });
});

describe('mergeSessions', () => {
  test('replaces by id and puts the newest activity first', () => {
    const known = [session('a', 3), session('b', 2), session('c', 1)];
    const moved = session('c', 9, { name: 'New' });
    expect(mergeSessions(known, [moved])).toEqual([moved, session('a', 3), session('b', 2)]);
    expect(known.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    const empty = session('d', 0, { createdAt: at(2.5), lastMessageAt: null });
    expect(mergeSessions(known, [empty]).map(({ id }) => id)).toEqual(['a', 'd', 'b', 'c']);
  });

  test('never takes messages back, but takes the rest of a change', () => {
    const known = [session('a', 9), session('b', 8)];
    const older = session('a', 3, { name: 'Renamed' });
    expect(mergeSessions(known, [older])).toEqual([session('a', 9, { name: 'Renamed' }), session('b', 8)]);
  });

  test('takes a session that was created again with its id', () => {
    const recreated = session('a', 1, { createdAt: at(5), lastMessageAt: at(6) });
    expect(mergeSessions([session('a', 9)], [recreated])).toEqual([recreated]);
  });

  test('has the same result for pages and events in any order', () => {
    const random = new Random(20);
    const states = times(5, (id) => times(9, (index) => session(`${id}`, 10 * index + id))).flat();
    const expected = times(5, (index) => session(`${4 - index}`, 84 - index));
    for (let run = 0; run < 100; run += 1) {
      const shuffled = states
        .map((state) => ({ state, position: random.next() }))
        .sort((a, b) => a.position - b.position)
        .map(({ state }) => state);
      const merged = shuffled.reduce<Session[]>((list, state) => mergeSessions(list, [state]), []);
      expect(merged).toEqual(expected);
    }
  });
});
