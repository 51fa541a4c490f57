import { randomUUID } from 'node:crypto';
import type { MessageQuery } from '../../src/domain/message';
import { newExchange, newQuestion, newSession, times } from '../../testkit/builders';
import { addUser, append, type OpenStore, present, useStore } from './storeFixture';

export function readMessagesContract(openStore: OpenStore): void {
  const db = useStore(openStore);
  const sessionId = randomUUID();
  let userId = '';

  beforeAll(async () => {
    userId = (await addUser(db.store)).id;
    const neighbours = [randomUUID(), randomUUID()];
    for (const i of times(25, (index) => index + 1)) {
      await append(db.store, newQuestion(userId, sessionId, { content: `Message ${i}` }));
      for (const neighbour of neighbours) await append(db.store, newExchange(userId, neighbour));
    }
  });

  const range = (from: number, to: number) => times(to - from + 1, (i) => from + i);
  const cases: [string, MessageQuery, number[], boolean][] = [
    ['no cursor: the latest', { limit: 10 }, range(16, 25), true],
    ['no cursor, room for exactly all', { limit: 25 }, range(1, 25), false],
    ['no cursor, room for all but one', { limit: 24 }, range(2, 25), true],
    ['no cursor, room for more', { limit: 100 }, range(1, 25), false],
    ['before: the nearest', { before: 16, limit: 10 }, range(6, 15), true],
    ['before, fewer than asked for', { before: 6, limit: 10 }, range(1, 5), false],
    ['before, up to exactly the first', { before: 11, limit: 10 }, range(1, 10), false],
    ['before, up to the second', { before: 12, limit: 10 }, range(2, 11), true],
    ['before the second', { before: 2, limit: 10 }, [1], false],
    ['before the first', { before: 1, limit: 10 }, [], false],
    ['before everything', { before: -5, limit: 10 }, [], false],
    ['before what is yet to come', { before: 1_000_000, limit: 10 }, range(16, 25), true],
    ['after nothing: the first', { after: 0, limit: 10 }, range(1, 10), true],
    ['after: the nearest', { after: 10, limit: 10 }, range(11, 20), true],
    ['after, fewer than asked for', { after: 20, limit: 10 }, range(21, 25), false],
    ['after, up to exactly the last', { after: 15, limit: 10 }, range(16, 25), false],
    ['after, up to the last but one', { after: 14, limit: 10 }, range(15, 24), true],
    ['after the last', { after: 25, limit: 10 }, [], false],
    ['after what is yet to come', { after: 1_000_000, limit: 10 }, [], false],
    ['one message', { limit: 1 }, [25], true],
    ['one message before', { before: 3, limit: 1 }, [2], true],
    ['one message after', { after: 3, limit: 1 }, [4], true],
  ];

  test.each(cases)('%s', async (_, query, seqs, hasMore) => {
    const page = present(await db.store.readMessages(userId, sessionId, query));
    expect(page.messages.map(({ seq }) => seq)).toEqual(seqs);
    expect(page.messages.map(({ content }) => content)).toEqual(seqs.map((seq) => `Message ${seq}`));
    expect(page.hasMore).toBe(hasMore);
    expect(Object.keys(page).sort()).toEqual(['hasMore', 'messages']);
  });

  test.each<[string, MessageQuery]>([
    ['no cursor', { limit: 10 }],
    ['before', { before: 5, limit: 10 }],
    ['after', { after: 0, limit: 10 }],
  ])('a session without messages is an empty page: %s', async (_, query) => {
    const empty = newSession(userId);
    await db.store.openSession(empty);
    const page = await db.store.readMessages(userId, empty.id, query);
    expect(page).toStrictEqual({ messages: [], hasMore: false });
  });

  test('a session that is not there is null, and reading does not make it', async () => {
    const id = randomUUID();
    expect(await db.store.readMessages(userId, id, { limit: 10 })).toBeNull();
    expect(await db.store.readMessages(userId, id, { after: 0, limit: 10 })).toBeNull();
    expect(await db.store.findSession(userId, id)).toBeNull();
  });
}
