import { randomUUID } from 'node:crypto';
import type { ChatStore, StoredExchange } from '../../src/stores/chatStore';
import { at, newExchange, newQuestion, newReply, times } from '../../testkit/builders';
import { addUser, append, type OpenStore, present, readAll, seqsTo, useStore } from './storeFixture';

export function duplicateContract(openStore: OpenStore): void {
  const db = useStore(openStore);

  async function addFirst(clientMessageId: string) {
    const userId = (await addUser(db.store)).id;
    const sessionId = randomUUID();
    const exchange = newExchange(userId, sessionId, { clientMessageId, content: 'First' });
    return { userId, sessionId, first: await append(db.store, exchange) };
  }

  async function expectRepeat(store: ChatStore, userId: string, first: StoredExchange): Promise<void> {
    const { sessionId } = first.message;
    const clientMessageId = present(first.message.clientMessageId);
    const before = await readAll(store, userId, sessionId);
    const session = await store.findSession(userId, sessionId);
    const again = newExchange(userId, sessionId, { clientMessageId, content: 'Other', timestamp: at(99) });

    expect(await append(store, again)).toStrictEqual({
      ...first,
      duplicate: true,
      sessionChange: null,
    });

    expect(await readAll(store, userId, sessionId)).toStrictEqual(before);
    expect(await store.findSession(userId, sessionId)).toStrictEqual(session);
  }

  test('a repeat stores nothing and gets the first message and reply', async () => {
    const { first, userId } = await addFirst('c-1');
    expect(first.duplicate).toBe(false);
    await expectRepeat(db.store, userId, first);
    await expectRepeat(db.store, userId, first);
  });

  test('a repeat is known after other messages', async () => {
    const { first, userId, sessionId } = await addFirst('c-1');
    await append(db.store, newExchange(userId, sessionId, { clientMessageId: 'c-2' }));
    await append(db.store, newExchange(userId, sessionId));
    await expectRepeat(db.store, userId, first);
  });

  test('a repeat is known after closing and opening', async () => {
    const { first, userId } = await addFirst('c-1');
    await expectRepeat(await db.reopen(), userId, first);
  });

  test('a repeat leaves no gap in seq', async () => {
    const { first, userId, sessionId } = await addFirst('c-1');
    await expectRepeat(db.store, userId, first);
    const next = await append(db.store, newExchange(userId, sessionId));
    expect([next.message.seq, next.reply?.seq]).toEqual([3, 4]);
  });

  test('a repeat of an unanswered message brings no reply in', async () => {
    const userId = (await addUser(db.store)).id;
    const question = newQuestion(userId, randomUUID(), { clientMessageId: 'c-1' });
    const first = await append(db.store, question);
    expect(first.reply).toBeNull();
    await expectRepeat(db.store, userId, first);
  });

  test('a repeat of a message answered later gets that reply', async () => {
    const userId = (await addUser(db.store)).id;
    const question = newQuestion(userId, randomUUID(), { clientMessageId: 'c-1' });
    const first = await append(db.store, question);
    await append(db.store, newExchange(userId, question.sessionId));
    const reply = present(await db.store.appendReply(newReply(userId, first.message)));

    await expectRepeat(db.store, userId, { ...first, reply });
    await expectRepeat(await db.reopen(), userId, { ...first, reply });
  });

  test('of many repeats at once, one is stored and all get it', async () => {
    const userId = (await addUser(db.store)).id;
    const sessionId = randomUUID();
    const results = await Promise.all(
      times(20, (i) => {
        const fields = { clientMessageId: 'c-1', content: `Attempt ${i}` };
        return append(db.store, newExchange(userId, sessionId, fields));
      }),
    );

    const stored = present(results.find(({ duplicate }) => !duplicate));
    expect(results.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    for (const { message, reply } of results) {
      expect({ message, reply }).toStrictEqual({ message: stored.message, reply: stored.reply });
    }
    expect(await readAll(db.store, userId, sessionId)).toStrictEqual([stored.message, stored.reply]);
    expect(results.filter(({ sessionChange }) => sessionChange?.type === 'created')).toEqual([stored]);
  });

  test('repeats amid other sends leave every message once and no gap', async () => {
    const userId = (await addUser(db.store)).id;
    const sessionId = randomUUID();
    const send = (i: number) => {
      const clientMessageId = `c-${i % 10}`;
      return append(db.store, newExchange(userId, sessionId, { clientMessageId }));
    };
    const results = await Promise.all(times(40, send));

    expect(results.filter(({ duplicate }) => duplicate)).toHaveLength(30);
    const messages = await readAll(db.store, userId, sessionId);
    expect(messages.map(({ seq }) => seq)).toEqual(seqsTo(20));
    const clientIds = messages.flatMap(({ clientMessageId }) => clientMessageId ?? []);
    expect(clientIds.sort()).toEqual(times(10, (i) => `c-${i}`));
  });

  test('concurrent repeats and new messages in many sessions are told apart', async () => {
    const userId = (await addUser(db.store)).id;
    const sessions = times(10, () => randomUUID());
    const send = (sessionId: string, clientMessageId: string) =>
      append(db.store, newExchange(userId, sessionId, { clientMessageId }));
    await Promise.all(sessions.map((sessionId) => send(sessionId, 'first')));
    // Every third session has a repeat, so that a command that several sessions share may fail in any of them.
    const isRepeat = (i: number) => i % 3 === 2;
    const results = await Promise.all(
      sessions.flatMap((id, i) => [send(id, 'second'), send(id, isRepeat(i) ? 'first' : 'third')]),
    );

    const duplicates = results.map(({ duplicate }) => duplicate);
    expect(duplicates).toEqual(sessions.flatMap((_, i) => [false, isRepeat(i)]));
    for (const [i, sessionId] of sessions.entries()) {
      const messages = await readAll(db.store, userId, sessionId);
      expect(messages.map(({ seq }) => seq)).toEqual(seqsTo(isRepeat(i) ? 4 : 6));
    }
  });

  test('one clientMessageId in two sessions is two messages', async () => {
    const { userId, first } = await addFirst('c-1');
    const other = newExchange(userId, randomUUID(), { clientMessageId: 'c-1', content: 'Second' });

    const second = await append(db.store, other);

    expect(second).toMatchObject({ duplicate: false, message: { content: 'Second', seq: 1 } });
    await expectRepeat(db.store, userId, first);
    await expectRepeat(db.store, userId, second);
  });

  test('ids that differ at all are different, and messages without one never repeat', async () => {
    const { userId, sessionId } = await addFirst('abc');
    for (const clientMessageId of ['ABC', 'abc ', 'äbc']) {
      const stored = await append(db.store, newExchange(userId, sessionId, { clientMessageId }));
      expect(stored).toMatchObject({ duplicate: false, message: { clientMessageId } });
    }
    for (const _ of [1, 2]) {
      expect(await append(db.store, newExchange(userId, sessionId))).toMatchObject({ duplicate: false });
    }
    expect(await readAll(db.store, userId, sessionId)).toHaveLength(12);
  });
}
