import { randomUUID } from 'node:crypto';
import { at, newExchange, newQuestion, newSession } from '../../testkit/builders';
import { addUser, append, appendAndFind, type OpenStore, readAll, useStore } from './storeFixture';

export function exchangeContract(openStore: OpenStore): void {
  const db = useStore(openStore);
  const newId = async () => (await addUser(db.store)).id;

  test('the first one makes the session, named after it', async () => {
    const userId = await newId();
    const exchange = newExchange(userId, randomUUID(), { content: 'How do tides work?', timestamp: at(3) });

    const stored = await append(db.store, exchange);

    const session = {
      id: exchange.sessionId,
      userId,
      name: 'How do tides work?',
      createdAt: at(3),
      lastMessageAt: at(3),
      lastSeq: 2,
      readSeq: 1,
      pinned: false,
      archived: false,
      preview: 'Echo: How do tides work?',
    };
    expect(stored.duplicate).toBe(false);
    expect(stored.sessionChange).toStrictEqual({ type: 'created', session });
    expect(await db.store.findSession(userId, exchange.sessionId)).toStrictEqual(session);
  });

  test.each([
    ['60 characters of a long one', 'x'.repeat(59) + 'yz'.repeat(9000), `${'x'.repeat(59)}y`],
    ['60 whole characters, not half ones', '😀'.repeat(70), '😀'.repeat(60)],
    ['what follows leading space', ' \n\t Hi', 'Hi'],
  ])('a session is named after its first message: %s', async (_, content, name) => {
    const userId = await newId();
    const { session, sessionChange } = await appendAndFind(
      db.store,
      newExchange(userId, randomUUID(), { content }),
    );
    expect(session.name).toBe(name);
    expect(sessionChange).toStrictEqual({ type: 'created', session });
  });

  test('a session without a name gets it from its first message, once', async () => {
    const userId = await newId();
    const opened = newSession(userId, { name: null });
    await db.store.openSession(opened);

    const first = await appendAndFind(db.store, newExchange(userId, opened.id, { content: 'First' }));
    expect(first.session.name).toBe('First');
    expect(first.sessionChange).toStrictEqual({ type: 'renamed', session: first.session });
    const second = await appendAndFind(db.store, newExchange(userId, opened.id, { content: 'Second' }));
    expect(second).toMatchObject({ sessionChange: null, session: { name: 'First' } });
  });

  test('a session with a name keeps it', async () => {
    const userId = await newId();
    const opened = newSession(userId, { name: 'Mine' });
    await db.store.openSession(opened);

    const stored = await appendAndFind(db.store, newExchange(userId, opened.id, { content: 'First' }));
    expect(stored).toMatchObject({ sessionChange: null, session: { name: 'Mine' } });
  });

  test('a name given later is not taken back by the next message', async () => {
    const { userId, sessionId } = await addQuestion();
    await db.store.updateSession(userId, sessionId, { name: 'Given' });
    const stored = await appendAndFind(db.store, newExchange(userId, sessionId));
    expect(stored).toMatchObject({ sessionChange: null, session: { name: 'Given' } });
  });

  test('message and reply have exactly their fields', async () => {
    const userId = await newId();
    const exchange = newExchange(userId, randomUUID(), { clientMessageId: 'c-1' });
    const { message, reply } = await append(db.store, exchange);

    const { sessionId } = exchange;
    expect(message).toStrictEqual({ ...exchange.message, sessionId, seq: 1, sender: 'user' });
    expect(reply).toStrictEqual({
      ...exchange.reply,
      sessionId,
      seq: 2,
      sender: 'server',
      replyTo: message.messageId,
    });
    expect(await readAll(db.store, userId, sessionId)).toStrictEqual([message, reply]);
  });

  test('a message without a clientMessageId has no such field', async () => {
    const { stored, userId, sessionId } = await addQuestion();
    expect(stored.message).not.toHaveProperty('clientMessageId');
    expect(stored.message).not.toHaveProperty('replyTo');
    expect(await readAll(db.store, userId, sessionId)).toStrictEqual([stored.message]);
  });

  test('without a reply there is none', async () => {
    const { stored, userId, sessionId } = await addQuestion();
    const session = await db.store.findSession(userId, sessionId);
    expect(stored).toMatchObject({ reply: null, sessionChange: { type: 'created', session } });
    expect(session).toMatchObject({ lastSeq: 1 });
  });

  test('seq goes on without a gap, and the session follows the latest message', async () => {
    const { userId, sessionId } = await addQuestion();
    const exchange = newExchange(userId, sessionId, { timestamp: at(20) });
    const replyAt = at(21);
    const second = await appendAndFind(db.store, {
      ...exchange,
      reply: { ...exchange.reply, timestamp: replyAt },
    });
    const third = await appendAndFind(db.store, newQuestion(userId, sessionId, { timestamp: at(30) }));

    expect([second.message.seq, second.reply?.seq, third.message.seq]).toEqual([2, 3, 4]);
    expect(second.session).toMatchObject({ lastSeq: 3, lastMessageAt: replyAt });
    expect(third.session).toMatchObject({ lastSeq: 4, lastMessageAt: at(30) });
  });

  async function addQuestion() {
    const userId = await newId();
    const sessionId = randomUUID();
    return { userId, sessionId, stored: await append(db.store, newQuestion(userId, sessionId)) };
  }

  test.each([
    ['emoji with joiners', '👩‍👩‍👧‍👦🏳️‍🌈 👍🏽'],
    ['combining marks, composed and not', 'é e\u0301 Z\u0351\u036b\u0343'],
    ['right to left', 'שלום \u202eعالم\u202c'],
    ['lines', 'one\ntwo\r\nthree\rfour\u2028five\tend'],
    ['spaces around', '  \n padded \u00a0 '],
    ['a byte order mark', '\ufeffmarked\ufeff'],
    ['quotes and operators', `'; DROP TABLE messages; -- $where {"$gt": ""} \\u0000 %s`],
    ['the most that is allowed, in one byte characters', 'a'.repeat(16_384)],
    ['the most that is allowed, in four byte characters', '🦉'.repeat(4_096)],
  ])('content is stored byte by byte: %s', async (_, content) => {
    const userId = await newId();
    const sessionId = randomUUID();
    const exchange = newExchange(userId, sessionId, { content });
    const stored = await append(db.store, { ...exchange, reply: { ...exchange.reply, content } });

    const read = await readAll(db.store, userId, sessionId);
    for (const message of [stored.message, stored.reply, ...read]) {
      expect(Buffer.from(message?.content ?? '')).toEqual(Buffer.from(content));
    }
    expect(read).toHaveLength(2);
  });

  test('what was stored survives closing and opening, and seq goes on', async () => {
    const userId = await newId();
    const sessionId = randomUUID();
    const first = await appendAndFind(db.store, newExchange(userId, sessionId, { content: 'Kept 🗝' }));

    const reopened = await db.reopen();
    expect(await reopened.findSession(userId, sessionId)).toStrictEqual(first.session);
    expect(await readAll(reopened, userId, sessionId)).toStrictEqual([first.message, first.reply]);
    const next = await append(reopened, newExchange(userId, sessionId));
    expect([next.message.seq, next.reply?.seq]).toEqual([3, 4]);
  });
}
