import { randomUUID } from 'node:crypto';
import { MAX_REPLY_BYTES } from '../../src/domain/limits';
import type { Message } from '../../src/domain/message';
import type { ChatStore, NewReply } from '../../src/stores/chatStore';
import { at, newExchange, newQuestion, newReply, times } from '../../testkit/builders';
import { addUser, append, appendAndFind, type NewDatabase, present, readAll, useStore } from './storeFixture';

export function replyContract(newDatabase: NewDatabase): void {
  describe('a late one', () => lateReplyContract(newDatabase));
  describe('those still owed', () => unansweredContract(newDatabase));
}

function lateReplyContract(newDatabase: NewDatabase): void {
  const db = useStore(newDatabase());

  async function addQuestion() {
    const userId = (await addUser(db.store)).id;
    const { message } = await append(db.store, newQuestion(userId, randomUUID()));
    return { userId, message, sessionId: message.sessionId };
  }

  test('goes to the end of the session, naming what it answers', async () => {
    const { userId, message, sessionId } = await addQuestion();
    const between = await appendAndFind(db.store, newExchange(userId, sessionId));
    const wanted = newReply(userId, message, { content: ' Lâte 🐢\n', timestamp: at(60) });

    const reply = await db.store.appendReply(wanted);

    const { messageId, content, timestamp, replyTo } = wanted;
    const fields = { messageId, sessionId, seq: 4, sender: 'server', content, timestamp, replyTo };
    expect(reply).toStrictEqual(fields);
    expect(await readAll(db.store, userId, sessionId)).toStrictEqual([
      message,
      between.message,
      between.reply,
      reply,
    ]);
    const session = await db.store.findSession(userId, sessionId);
    expect(session).toStrictEqual({
      ...between.session,
      lastSeq: 4,
      lastMessageAt: at(60),
      preview: 'Lâte 🐢',
    });
  });

  test.each<Partial<NewReply>>([
    { finish: 'stopped', content: '' },
    { finish: 'length', model: 'small' },
    { finish: 'failed', error: { code: 'RESPONDER_BUSY' }, content: 'x'.repeat(MAX_REPLY_BYTES) },
    { model: 'a model 🐢' },
  ])('keeps its details: %j', async (fields) => {
    const { userId, message } = await addQuestion();
    const wanted = newReply(userId, message, fields);
    const { userId: _, ...stored } = { ...wanted, seq: 2, sender: 'server' };
    expect(await db.store.appendReply(wanted)).toStrictEqual(stored);
    expect(await readAll(db.store, userId, message.sessionId)).toStrictEqual([message, stored]);
  });

  test('is found by the message, by its user only', async () => {
    const { userId, message, sessionId } = await addQuestion();
    const { messageId } = message;
    const found = { message, reply: null, newestReply: null, openVariant: null, isReplaced: false };
    expect(await db.store.findReply(userId, sessionId, messageId)).toStrictEqual(found);
    const reply = await db.store.appendReply(newReply(userId, message));
    const answered = { ...found, reply, newestReply: reply };
    expect(await db.store.findReply(userId, sessionId, messageId)).toStrictEqual(answered);
    const between = await appendAndFind(db.store, newExchange(userId, sessionId));
    expect(await db.store.findReply(userId, sessionId, between.message.messageId)).toStrictEqual({
      message: between.message,
      reply: between.reply,
      newestReply: between.reply,
      openVariant: null,
      isReplaced: false,
    });

    const elsewhere = await append(db.store, newQuestion(userId, randomUUID()));
    expect(await db.store.findReply(randomUUID(), sessionId, messageId)).toBeNull();
    expect(await db.store.findReply(userId, elsewhere.message.sessionId, messageId)).toBeNull();
    expect(await db.store.findReply(userId, sessionId, present(reply).messageId)).toBeNull();
    expect(await db.store.findReply(userId, sessionId, randomUUID())).toBeNull();
  });

  test('to a message that has one already is null and stores nothing', async () => {
    const { userId, message, sessionId } = await addQuestion();
    const first = await db.store.appendReply(newReply(userId, message));

    expect(await db.store.appendReply(newReply(userId, message))).toBeNull();
    expect(await readAll(db.store, userId, sessionId)).toStrictEqual([message, first]);
    expect(await db.store.findSession(userId, sessionId)).toMatchObject({ lastSeq: 2 });
  });

  test('to a message stored with its reply is null', async () => {
    const { userId, sessionId } = await addQuestion();
    const { message } = await append(db.store, newExchange(userId, sessionId));
    expect(await db.store.appendReply(newReply(userId, message))).toBeNull();
    expect(await db.store.findSession(userId, sessionId)).toMatchObject({ lastSeq: 3 });
  });

  test('is stored once however many come at once', async () => {
    const { userId, message, sessionId } = await addQuestion();
    const replies = await Promise.all(times(10, () => db.store.appendReply(newReply(userId, message))));

    const stored = replies.filter((reply) => reply !== null);
    expect(stored).toHaveLength(1);
    expect(await readAll(db.store, userId, sessionId)).toStrictEqual([message, ...stored]);
  });

  test('to a deleted session is null and does not bring it back', async () => {
    const { userId, message, sessionId } = await addQuestion();
    await db.store.deleteSession(userId, sessionId);

    expect(await db.store.appendReply(newReply(userId, message))).toBeNull();
    expect(await db.store.findSession(userId, sessionId)).toBeNull();
  });

  test('to a message of the session’s life before is null', async () => {
    const { userId, message, sessionId } = await addQuestion();
    await db.store.deleteSession(userId, sessionId);
    const next = await append(db.store, newQuestion(userId, sessionId));

    expect(await db.store.appendReply(newReply(userId, message))).toBeNull();
    expect(await readAll(db.store, userId, sessionId)).toStrictEqual([next.message]);
  });

  test('to a message of another session, or of none, is null', async () => {
    const { userId, message } = await addQuestion();
    const { session } = await appendAndFind(db.store, newExchange(userId, randomUUID()));
    const elsewhere = newReply(userId, message, { sessionId: session.id });
    const nowhere = newReply(userId, message, { replyTo: randomUUID() });

    expect(await db.store.appendReply(elsewhere)).toBeNull();
    expect(await db.store.appendReply(nowhere)).toBeNull();
    expect(await db.store.findSession(userId, session.id)).toStrictEqual(session);
    expect(await readAll(db.store, userId, message.sessionId)).toStrictEqual([message]);
  });
}

function unansweredContract(newDatabase: NewDatabase): void {
  const db = useStore(newDatabase());

  /** Leaves messages of two users without a reply, among others that have theirs. */
  async function addQuestions(store: ChatStore) {
    const users = await Promise.all(times(2, () => addUser(store)));
    const sessions = times(3, () => randomUUID()).reverse();
    const owed: { userId: string; message: Message }[] = [];
    for (const i of times(9, (index) => index)) {
      const userId = present(users[(i % 3) % 2]).id;
      const sessionId = present(sessions[i % 3]);
      const fields = { timestamp: at(i), clientMessageId: `c-${i}` };
      await append(store, newExchange(userId, sessionId, fields));
      const { message } = await append(store, newQuestion(userId, sessionId, { timestamp: at(i) }));
      owed.push({ userId, message });
    }
    return owed;
  }

  async function answerAll(store: ChatStore): Promise<void> {
    const owed = await store.findUnanswered(1000);
    for (const { userId, message } of owed) await store.appendReply(newReply(userId, message));
  }

  beforeEach(async () => {
    await answerAll(db.store);
    expect(await db.store.findUnanswered(1000)).toEqual([]);
  });

  test('are the messages without a reply, oldest first, with their user', async () => {
    const owed = await addQuestions(db.store);
    expect(await db.store.findUnanswered(100)).toStrictEqual(owed);
  });

  test('are no more than asked for, the oldest', async () => {
    const owed = await addQuestions(db.store);
    expect(await db.store.findUnanswered(4)).toStrictEqual(owed.slice(0, 4));
  });

  test('can be read on from the last one seen', async () => {
    const owed = await addQuestions(db.store);
    const [, second, third, fourth] = owed;
    const after = present(second).message.messageId;
    expect(await db.store.findUnanswered(2, after)).toStrictEqual([third, fourth]);
    expect(await db.store.findUnanswered(100, present(owed.at(-1)).message.messageId)).toEqual([]);
  });

  test('become fewer with each reply', async () => {
    const owed = await addQuestions(db.store);
    const [first, ...rest] = owed;
    const { userId, message } = present(first);
    await db.store.appendReply(newReply(userId, message));
    expect(await db.store.findUnanswered(100)).toStrictEqual(rest);

    await answerAll(db.store);
    expect(await db.store.findUnanswered(100)).toEqual([]);
  });

  test('go with their session', async () => {
    const owed = await addQuestions(db.store);
    const { userId, message } = present(owed[0]);
    await db.store.deleteSession(userId, message.sessionId);

    const rest = owed.filter((item) => item.message.sessionId !== message.sessionId);
    expect(await db.store.findUnanswered(100)).toStrictEqual(rest);
  });

  test('survive closing and opening', async () => {
    const owed = await addQuestions(db.store);
    const reopened = await db.reopen();
    expect(await reopened.findUnanswered(100)).toStrictEqual(owed);
  });
}
