import { randomUUID } from 'node:crypto';
import type { Session } from '../../src/domain/session';
import { at, newExchange, newSession, times } from '../../testkit/builders';
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

  async function readPages(userId: string, limit: number): Promise<Session[][]> {
    const pages: Session[][] = [];
    let cursor: string | null = null;
    do {
      const page = await db.store.listSessions(userId, cursor === null ? { limit } : { limit, cursor });
      pages.push(page.sessions);
      cursor = page.nextCursor;
    } while (cursor !== null && pages.length < 100);
    return pages;
  }

  test('a user without sessions has an empty list', async () => {
    const user = await addUser(db.store);
    expect(await db.store.listSessions(user.id, { limit: 10 })).toStrictEqual({
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

    const { sessions } = await db.store.listSessions(userId, { limit: 10 });
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

    const { sessions } = await db.store.listSessions(userId, { limit: 10 });
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
    const { sessions, nextCursor } = await db.store.listSessions(userId, { limit: 2 });
    expect(sessions).toStrictEqual([made[5], made[4]]);

    await db.store.deleteSession(userId, present(made[4]).id);
    await append(db.store, newExchange(userId, present(made[5]).id, { timestamp: at(80) }));
    await addSession(userId, at(90));

    const rest = await db.store.listSessions(userId, { limit: 10, cursor: present(nextCursor) });
    expect(rest).toStrictEqual({ sessions: [made[3], made[2], made[1], made[0]], nextCursor: null });
  });

  test('a cursor of one user opens nothing of another', async () => {
    const [one, other] = [await addUser(db.store), await addUser(db.store)];
    await Promise.all(times(3, (i) => addSession(one.id, at(i + 50))));
    const own = await addSession(other.id, at(1));
    const { nextCursor } = await db.store.listSessions(one.id, { limit: 1 });

    const page = await db.store.listSessions(other.id, { limit: 10, cursor: present(nextCursor) });
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
      db.store.listSessions(user.id, { limit: 10, cursor }),
      'VALIDATION_FAILED',
    );
    expect(error.errors).toEqual([{ field: 'cursor', message: expect.any(String) }]);
  });

  test('half a cursor, or two in one, are refused', async () => {
    const { id: userId } = await addUser(db.store);
    await Promise.all(times(2, (i) => addSession(userId, at(i))));
    const cursor = present((await db.store.listSessions(userId, { limit: 1 })).nextCursor);

    for (const wrong of [cursor.slice(0, cursor.length / 2), cursor + cursor]) {
      await chatErrorOf(db.store.listSessions(userId, { limit: 1, cursor: wrong }), 'VALIDATION_FAILED');
    }
  });

  test('a cursor with its id in capitals continues at the same place', async () => {
    const { id: userId } = await addUser(db.store);
    const [later, earlier] = ['b', 'a'].map((letter) => `${letter.repeat(8)}${randomUUID().slice(8)}`);
    for (const id of [present(later), present(earlier)])
      await db.store.openSession(newSession(userId, { id }));
    const { nextCursor } = await db.store.listSessions(userId, { limit: 1 });
    const capitals = Buffer.from(present(nextCursor), 'base64url').toString().toUpperCase();
    const cursor = Buffer.from(capitals).toString('base64url');
    const { sessions } = await db.store.listSessions(userId, { limit: 1, cursor });
    expect(sessions.map(({ id }) => id)).toEqual([earlier]);
  });
}
