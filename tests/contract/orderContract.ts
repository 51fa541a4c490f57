import { randomUUID } from 'node:crypto';
import { ChatError } from '../../src/domain/errors';
import { uuidv7 } from '../../src/utils/uuid';
import { newExchange, newQuestion, newReply, times } from '../../testkit/builders';
import { testOfOneNode } from '../support/testServer';
import { addUser, append, type OpenStore, present, readAll, seqsTo, useStore } from './storeFixture';

export function orderContract(openStore: OpenStore): void {
  const db = useStore(openStore);

  test('many exchanges of one session at once are numbered without a gap', async () => {
    const { id: userId } = await addUser(db.store);
    const sessionId = randomUUID();
    const results = await Promise.all(
      times(50, (i) => append(db.store, newExchange(userId, sessionId, { content: `Message ${i}` }))),
    );

    const given = results.flatMap(({ message, reply }) => [message, reply]);
    const messages = await readAll(db.store, userId, sessionId);
    expect(messages.map(({ seq }) => seq)).toEqual(seqsTo(100));
    expect(given.sort((a, b) => (a?.seq ?? 0) - (b?.seq ?? 0))).toStrictEqual(messages);
    expect(await db.store.findSession(userId, sessionId)).toMatchObject({ lastSeq: 100 });
  });

  test('each of many exchanges at once has its own reply, after it', async () => {
    const { id: userId } = await addUser(db.store);
    const exchanges = times(50, (i) => newExchange(userId, 'x', { content: `Message ${i}` }));
    const sessionId = randomUUID();
    const results = await Promise.all(exchanges.map((e) => append(db.store, { ...e, sessionId })));

    for (const [i, { message, reply }] of results.entries()) {
      // An id is made again where another node has stored a later one meanwhile.
      const { content } = present(exchanges[i]).message;
      expect(message).toMatchObject({ content });
      expect(reply).toMatchObject({ content: `Echo: ${content}`, replyTo: message.messageId });
      expect(reply?.seq).toBeGreaterThan(message.seq);
    }
  });

  testOfOneNode('exchanges of one session resolve in the order of their seq', async () => {
    const { id: userId } = await addUser(db.store);
    const sessionId = randomUUID();
    const resolved: number[] = [];
    const sends = times(50, async (i) => {
      const build = i % 3 ? newExchange : newQuestion;
      // Large ones take longer than the small ones behind them, which must wait.
      const content = 'x'.repeat(i % 2 ? 1 : 16_000);
      const { message } = await append(db.store, build(userId, sessionId, { content }));
      resolved.push(message.seq);
    });
    await Promise.all(sends);

    expect(resolved).toHaveLength(50);
    expect(resolved).toEqual([...resolved].sort((a, b) => a - b));
  });

  testOfOneNode('a late reply and the messages around it resolve in the order of their seq', async () => {
    const { id: userId } = await addUser(db.store);
    const sessionId = randomUUID();
    const unanswered = await Promise.all(times(10, () => append(db.store, newQuestion(userId, sessionId))));
    const resolved: (number | undefined)[] = [];
    await Promise.all(
      unanswered.flatMap(({ message }) => [
        db.store
          .appendExchange(newQuestion(userId, sessionId))
          .then((stored) => resolved.push(stored?.message.seq)),
        db.store.appendReply(newReply(userId, message)).then((reply) => resolved.push(reply?.seq)),
      ]),
    );

    expect(resolved).toEqual(seqsTo(30).slice(10));
  });

  test('of many first messages at once, the one with seq 1 makes and names the session', async () => {
    const { id: userId } = await addUser(db.store);
    const sessionId = randomUUID();
    const results = await Promise.all(
      times(20, (i) => append(db.store, newExchange(userId, sessionId, { content: `Name ${i}` }))),
    );

    const makers = results.filter(({ sessionChange }) => sessionChange !== null);
    const first = results.find(({ message }) => message.seq === 1);
    expect(makers).toStrictEqual([first]);
    const session = { name: first?.message.content };
    expect(first).toMatchObject({ sessionChange: { type: 'created', session } });
    expect(await db.store.findSession(userId, sessionId)).toMatchObject({ name: first?.message.content });
  });

  test('replies that come while messages do leave no gap', async () => {
    const { id: userId } = await addUser(db.store);
    const sessionId = randomUUID();
    await Promise.all(
      times(20, async () => {
        const { message } = await append(db.store, newQuestion(userId, sessionId));
        await db.store.appendReply(newReply(userId, message));
      }),
    );

    const messages = await readAll(db.store, userId, sessionId);
    expect(messages.map(({ seq }) => seq)).toEqual(seqsTo(40));
    expect(new Set(messages.flatMap(({ replyTo }) => replyTo ?? [])).size).toBe(20);
    expect(await db.store.findSession(userId, sessionId)).toMatchObject({ lastSeq: 40 });
  });

  test('an exchange that can’t be stored costs no other one', async () => {
    const { id: userId } = await addUser(db.store);
    const sessionId = randomUUID();
    // Later than the others, as an id that is not above the last one is replaced.
    const taken = { messageId: uuidv7(Date.now() + 3_600_000) };
    await append(db.store, newQuestion(userId, randomUUID(), taken));
    const sends = times(9, (i) =>
      db.store.appendExchange(
        i === 4 ? newQuestion(userId, sessionId, taken) : newExchange(userId, sessionId),
      ),
    );
    const results = await Promise.allSettled(sends);

    expect(results.map(({ status }) => status)).toEqual(
      times(9, (i) => (i === 4 ? 'rejected' : 'fulfilled')),
    );
    await expect(sends[4]).rejects.toBeInstanceOf(ChatError);
    const messages = await readAll(db.store, userId, sessionId);
    expect(messages.map(({ seq }) => seq)).toEqual(seqsTo(16));
  });

  test('many sessions of several users at once each count for themselves', async () => {
    const users = await Promise.all(times(4, () => addUser(db.store)));
    const sessions = users.flatMap(({ id: userId }) => times(5, () => ({ userId, sessionId: randomUUID() })));
    const sends = times(6, (i) =>
      sessions.map(({ userId, sessionId }) =>
        append(db.store, newExchange(userId, sessionId, { content: `${sessionId} ${i}` })),
      ),
    );
    await Promise.all(sends.flat());

    for (const { userId, sessionId } of sessions) {
      const messages = await readAll(db.store, userId, sessionId);
      expect(messages.map(({ seq }) => seq)).toEqual(seqsTo(12));
      expect(messages.filter(({ content }) => !content.includes(sessionId))).toEqual([]);
    }
  });
}
