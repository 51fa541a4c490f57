import { randomUUID } from 'node:crypto';
import type { Session, SessionQuery } from '../../src/domain/session';
import { at, newExchange, newSession, times } from '../../testkit/builders';
import { Random } from '../../testkit/random';
import {
  addUser,
  append,
  appendAndFind,
  chatErrorOf,
  type OpenStore,
  present,
  useStore,
} from './storeFixture';

export function sessionListContract(openStore: OpenStore): void {
  const db = useStore(openStore);

  async function addSession(userId: string, createdAt: string): Promise<Session> {
    return present(await db.store.openSession(newSession(userId, { createdAt }))).session;
  }

  async function readPages(
    userId: string,
    limit: number,
    filter: Omit<SessionQuery, 'limit'> = {},
  ): Promise<Session[][]> {
    const pages: Session[][] = [];
    let cursor: string | null = null;
    do {
      const page = await db.store.listSessions(
        userId,
        cursor === null ? { limit, ...filter } : { limit, cursor, ...filter },
        at(1_000),
      );
      pages.push(page.sessions);
      cursor = page.nextCursor;
    } while (cursor !== null && pages.length < 100);
    return pages;
  }

  test('a user without sessions has an empty list', async () => {
    const user = await addUser(db.store);
    expect(await db.store.listSessions(user.id, { limit: 10 }, at(1_000))).toStrictEqual({
      sessions: [],
      nextCursor: null,
    });
  });

  test('the newest activity comes first: the latest message, or the creation', async () => {
    const { id: userId } = await addUser(db.store);
    const quietNew = await addSession(userId, at(30));
    const spoken = await addSession(userId, at(10));
    const quietOld = await addSession(userId, at(20));
    const { session } = await appendAndFind(db.store, newExchange(userId, spoken.id, { timestamp: at(40) }));

    const { sessions } = await db.store.listSessions(userId, { limit: 10 }, at(1_000));
    expect(sessions).toStrictEqual([session, quietNew, quietOld]);
  });

  test('a new message brings its session to the front', async () => {
    const { id: userId } = await addUser(db.store);
    const made = [];
    for (const i of [1, 2, 3]) {
      const { message } = await append(db.store, newExchange(userId, randomUUID(), { timestamp: at(i) }));
      made.push(message.sessionId);
    }
    const [first, second, third] = made;
    await append(db.store, newExchange(userId, present(first), { timestamp: at(9) }));

    const { sessions } = await db.store.listSessions(userId, { limit: 10 }, at(1_000));
    expect(sessions.map(({ id }) => id)).toEqual([first, third, second]);
  });

  test('pages follow one another without loss or repetition', async () => {
    const { id: userId } = await addUser(db.store);
    const made = await Promise.all(times(23, (i) => addSession(userId, at((i * 7) % 23))));

    const pages = await readPages(userId, 5);
    expect(pages.map((page) => page.length)).toEqual([5, 5, 5, 5, 3]);
    expect(pages.flat()).toStrictEqual(made.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1)));
  });

  test('pages lose and repeat nothing among sessions of the same moment', async () => {
    const { id: userId } = await addUser(db.store);
    const made = await Promise.all(times(31, (i) => addSession(userId, at(i < 3 ? i : 50))));

    const pages = await readPages(userId, 4);
    const ids = pages.flat().map(({ id }) => id);
    expect(ids).toHaveLength(31);
    expect(new Set(ids)).toEqual(new Set(made.map(({ id }) => id)));
    expect(ids.slice(-3)).toEqual([made[2]?.id, made[1]?.id, made[0]?.id]);
  });

  test('a page that ends with the list is the last one', async () => {
    const { id: userId } = await addUser(db.store);
    await Promise.all(times(6, (i) => addSession(userId, at(i))));

    expect((await readPages(userId, 3)).map((page) => page.length)).toEqual([3, 3]);
    expect((await readPages(userId, 6)).map((page) => page.length)).toEqual([6]);
  });

  test('a cursor holds when sessions come, go and move in the meantime', async () => {
    const { id: userId } = await addUser(db.store);
    const made = await Promise.all(times(6, (i) => addSession(userId, at(i))));
    const { sessions, nextCursor } = await db.store.listSessions(userId, { limit: 2 }, at(50));
    expect(sessions).toStrictEqual([made[5], made[4]]);

    await db.store.deleteSession(userId, present(made[4]).id);
    await append(db.store, newExchange(userId, present(made[5]).id, { timestamp: at(80) }));
    const added = await addSession(userId, at(90));

    const rest = await db.store.listSessions(userId, { limit: 10, cursor: present(nextCursor) }, at(95));
    const moved = present(await db.store.findSession(userId, present(made[5]).id));
    expect(rest).toStrictEqual({
      sessions: [made[3], made[2], made[1], made[0], moved, added],
      nextCursor: null,
    });
  });

  test('a session that moves between two pages is on a later one', async () => {
    const { id: userId } = await addUser(db.store);
    const made = await Promise.all(times(6, (i) => addSession(userId, at(i))));
    const readPage = (cursor: string | null | undefined, second: number) =>
      db.store.listSessions(userId, { limit: 2, ...(cursor && { cursor }) }, at(second));
    const first = await readPage(undefined, 50);
    await append(db.store, newExchange(userId, present(made[1]).id, { timestamp: at(51) }));
    const second = await readPage(first.nextCursor, 52);
    const third = await readPage(second.nextCursor, 53);
    const ids = [first, second, third].map(({ sessions }) => sessions.map(({ id }) => id));
    expect(ids).toEqual([
      [made[5]?.id, made[4]?.id],
      [made[3]?.id, made[2]?.id],
      [made[0]?.id, made[1]?.id],
    ]);
    expect(third.nextCursor).toBeNull();
  });

  /** Reads all pages of a user with some sessions while random changes are made, and returns the ids that were on no page. */
  async function missedSessions(random: Random): Promise<string[]> {
    const { id: userId } = await addUser(db.store);
    let second = 100_000;
    const create = async (age: number) => (await addSession(userId, at(second - age))).id;
    const existing = await Promise.all(times(random.between(1, 14), () => create(random.between(0, 100))));
    const missed = new Set(existing);
    // A message gets its timestamp up to some seconds before it is stored.
    const send = () =>
      append(
        db.store,
        newExchange(userId, random.pick(existing), { timestamp: at(second - random.between(0, 3)) }),
      );
    const actions = [
      send,
      send,
      async () => void existing.push(await create(0)),
      () => db.store.updateSession(userId, random.pick(existing), { name: 'Renamed' }),
      async () => {
        const [id = '', ...others] = existing;
        if (others.length === 0) return;
        await db.store.deleteSession(userId, id);
        missed.delete(id);
        existing.shift();
      },
      async () => {
        second += random.between(0, 30);
      },
      // The clock is set back.
      async () => {
        second -= random.pick([0, 0, 0, 0, random.between(60, 7_200)]);
      },
    ];
    const limit = random.between(1, 4);
    let cursor: string | null = '';
    for (let changes = 20; cursor !== null; changes -= 1) {
      const page = { limit, ...(cursor && { cursor }) };
      const { sessions, nextCursor } = await db.store.listSessions(userId, page, at(second));
      expect(new Set(sessions.map(({ id }) => id)).size).toBe(sessions.length);
      expect(sessions.length).toBeLessThanOrEqual(limit);
      for (const { id } of sessions) missed.delete(id);
      cursor = nextCursor;
      const count = Math.max(0, Math.min(changes, random.between(0, 4)));
      for (const act of times(count, () => random.pick(actions))) await act();
    }
    return [...missed];
  }

  test('whatever happens between the pages, each session that exists all the time is on one of them', async () => {
    for (const seed of times(40, (index) => index)) {
      expect({ seed, missed: await missedSessions(new Random(seed)) }).toEqual({ seed, missed: [] });
    }
  });

  test('the pinned ones, and those with unread messages, are listed alone, page by page and in order', async () => {
    const { id: userId } = await addUser(db.store);
    const sessions = await Promise.all(
      times(24, async (i) => {
        const { message } = await append(db.store, newExchange(userId, randomUUID(), { timestamp: at(i) }));
        const { sessionId: id } = message;
        const isPinned = i % 2 === 0;
        const isRead = i % 3 !== 0;
        if (isPinned) await db.store.updateSession(userId, id, { pinned: true });
        if (isRead) await db.store.markRead(userId, id, 2);
        if (i % 4 === 0) await db.store.updateSession(userId, id, { archived: true });
        return { id, isPinned, isRead, isArchived: i % 4 === 0 };
      }),
    );
    const quiet = await addSession(userId, at(90));
    await db.store.updateSession(userId, quiet.id, { pinned: true });
    const all = [...sessions, { id: quiet.id, isPinned: true, isRead: true, isArchived: false }].reverse();
    const filters = [false, true].flatMap((archived) =>
      [false, true].flatMap((pinned) => [false, true].map((unread) => ({ archived, pinned, unread }))),
    );
    for (const filter of filters) {
      const expected = all.filter(
        ({ isPinned, isRead, isArchived }) =>
          isArchived === filter.archived && (isPinned || !filter.pinned) && !(isRead && filter.unread),
      );
      const pages = await readPages(userId, 3, filter);
      expect({ filter, ids: pages.flat().map(({ id }) => id) }).toEqual({
        filter,
        ids: expected.map(({ id }) => id),
      });
      expect(pages).toHaveLength(Math.max(1, Math.ceil(expected.length / 3)));
    }
  });

  test('a cursor of one user opens nothing of another', async () => {
    const [one, other] = [await addUser(db.store), await addUser(db.store)];
    await Promise.all(times(3, (i) => addSession(one.id, at(i + 50))));
    const own = await addSession(other.id, at(1));
    const { nextCursor } = await db.store.listSessions(one.id, { limit: 1 }, at(1_000));

    const page = await db.store.listSessions(other.id, { limit: 10, cursor: present(nextCursor) }, at(1_000));
    expect(page).toStrictEqual({ sessions: [own], nextCursor: null });
  });

  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  test.each([
    ['empty', ''],
    ['a word', 'garbage'],
    ['punctuation', '%%% \u0000 💥'],
    ['an object', encoded({ $gt: '' })],
    ['an empty list', encoded([])],
    ['nulls', encoded([null, null])],
    ['objects in a list', encoded([{ $gt: '' }, { $gt: '' }])],
    ['numbers', encoded([1, 2])],
    ['strings that are no time and no id', encoded(['yesterday', 'nobody'])],
    ['null', encoded(null)],
    ['very long', 'A'.repeat(10_000)],
  ])('a cursor that no page gave is refused by its field: %s', async (_, cursor) => {
    const user = await addUser(db.store);
    const error = await chatErrorOf(
      db.store.listSessions(user.id, { limit: 10, cursor }, at(1_000)),
      'VALIDATION_FAILED',
    );
    expect(error.errors).toEqual([{ field: 'cursor', message: expect.any(String) }]);
  });

  test('half a cursor, or two in one, are refused', async () => {
    const { id: userId } = await addUser(db.store);
    await Promise.all(times(2, (i) => addSession(userId, at(i))));
    const cursor = present((await db.store.listSessions(userId, { limit: 1 }, at(1_000))).nextCursor);

    for (const wrong of [cursor.slice(0, cursor.length / 2), cursor + cursor]) {
      await chatErrorOf(
        db.store.listSessions(userId, { limit: 1, cursor: wrong }, at(1_000)),
        'VALIDATION_FAILED',
      );
    }
  });
}
