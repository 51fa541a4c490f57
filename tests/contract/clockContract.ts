import { randomUUID } from 'node:crypto';
import type { Message } from '../../src/domain/message';
import { timeOfUuid, uuidv7 } from '../../src/utils/uuid';
import { at, newReply, newSession, times } from '../../testkit/builders';
import { Random } from '../../testkit/random';
import { addUser, append, type OpenStore, present, readAll, useStore } from './storeFixture';

/** An exchange or a question as a server creates it whose clock shows this second. */
function sent(userId: string, sessionId: string, second: number, hasReply = true) {
  const stamp = () => ({ messageId: uuidv7(Date.parse(at(second))), timestamp: at(second) });
  const message = { ...stamp(), content: 'Hello' };
  return { userId, sessionId, message, ...(hasReply && { reply: { ...stamp(), content: 'Echo' } }) };
}

function expectInOrder(messages: readonly Message[]): void {
  for (const [index, { messageId, timestamp }] of messages.entries()) {
    const previous = messages[index - 1];
    expect(timeOfUuid(messageId)).toBe(Date.parse(timestamp));
    expect(messageId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    if (!previous) continue;
    expect(messageId > previous.messageId).toBe(true);
    expect(timestamp >= previous.timestamp).toBe(true);
  }
}

export function clockContract(openStore: OpenStore): void {
  const db = useStore(openStore);
  const other = useStore(openStore);

  test('times and ids never run backwards in a session, also if the clock is set back and after a restart', async () => {
    const { id: userId } = await addUser(db.store);
    const sessionId = randomUUID();
    const acknowledged: Message[] = [];
    for (const second of [7_200, 7_200, 7_201, 1, 3_600, 7_201, 7_300]) {
      if (second === 3_600) await db.reopen();
      const { message, reply } = await append(db.store, sent(userId, sessionId, second));
      acknowledged.push(message, present(reply));
    }
    expectInOrder(acknowledged);
    expect(acknowledged.map(({ timestamp }) => timestamp)).toEqual(
      [7_200, 7_200, 7_201, 7_201, 7_201, 7_201, 7_300].flatMap((second) => [at(second), at(second)]),
    );
    expect(await readAll(db.store, userId, sessionId)).toStrictEqual(acknowledged);
    const session = present(await db.store.findSession(userId, sessionId));
    expect(session).toMatchObject({ createdAt: at(7_200), lastMessageAt: at(7_300), lastSeq: 14 });
  });

  test('the first message is not before the creation of its session', async () => {
    const { id: userId } = await addUser(db.store);
    const { session } = present(await db.store.openSession(newSession(userId, { createdAt: at(100) })));
    const { message, reply } = await append(db.store, sent(userId, session.id, 50));
    expectInOrder([message, present(reply)]);
    expect([message.timestamp, reply?.timestamp]).toEqual([at(100), at(100)]);
  });

  test('replies that come later are in order, too', async () => {
    const { id: userId } = await addUser(db.store);
    const sessionId = randomUUID();
    const { message } = await append(db.store, sent(userId, sessionId, 100, false));
    const { timestamp, messageId } = sent(userId, sessionId, 40).message;
    const reply = await db.store.appendReply(newReply(userId, message, { timestamp, messageId }));
    expect(reply).toMatchObject({ timestamp: at(100), replyTo: message.messageId });
    const messages = await readAll(db.store, userId, sessionId);
    expectInOrder(messages);
    expect(messages).toStrictEqual([message, reply]);
  });

  test('random clocks of two servers leave every session in order, with concurrent messages', async () => {
    const { id: userId } = await addUser(db.store);
    const random = new Random(23);
    const sessionIds = times(3, () => randomUUID());
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(
        times(8, async () => {
          const exchange = sent(userId, random.pick(sessionIds), random.between(0, 5), random.next() < 0.7);
          const { store } = random.pick([db, other]);
          const { message, reply } = await append(store, exchange);
          const { messageId, timestamp } = sent(userId, '', random.between(0, 5)).message;
          if (!reply) await store.appendReply(newReply(userId, message, { messageId, timestamp }));
        }),
      );
    }
    for (const sessionId of sessionIds) {
      const messages = await readAll(db.store, userId, sessionId);
      expectInOrder(messages);
      const replies = messages.filter(({ sender }) => sender === 'server');
      const questions = new Set(messages.map(({ messageId }) => messageId));
      expect(replies.filter(({ replyTo }) => !questions.has(replyTo ?? ''))).toEqual([]);
      expect(replies).toHaveLength(messages.length / 2);
    }
  });
}
