import { randomUUID } from 'node:crypto';
import type { Connection } from 'mongoose';
import { uuidv7 } from 'uuidv7';
import type { MessageDocument } from '../../src/models/messageModel';
import { createModels, driverCollection, type Models } from '../../src/models/models';
import type { SessionDocument } from '../../src/models/sessionModel';
import type { ChatStore } from '../../src/stores/chatStore';
import { connectMongo, openMongoStore } from '../../src/stores/mongo/store';
import { at, newExchange, newLogin, newQuestion, newReply, newSession, times } from '../../testkit/builders';
import { openCountedStore } from '../../testkit/mongoRoundTrips';
import { describeWithMongo } from '../support/describeWithMongo';
import { mongoUrlForTest } from '../support/testMongo';
import { addUser, append, appendAndFind, present, readAll } from './storeFixture';

describeWithMongo('MongoDB store: repair after a crash', () => {
  const userId = randomUUID();
  let url = '';
  let connection: Connection;
  let models: Models;
  let store: ChatStore;

  beforeEach(async () => {
    url = present(mongoUrlForTest());
    store = await openMongoStore(url);
    connection = await connectMongo(url);
    models = createModels(connection);
  });
  afterEach(async () => {
    await store.close();
    await connection.close();
  });

  async function addSession(fields: Partial<SessionDocument> = {}): Promise<SessionDocument> {
    const times = { createdAt: at(0), lastMessageAt: null, activeAt: at(0), lastSeq: 0 };
    const session = { _id: randomUUID(), key: randomUUID(), userId, name: null, ...times, ...fields };
    await models.sessions.insertMany([session]);
    return session;
  }

  async function addMessage(
    { _id, key }: SessionDocument,
    seq: number,
    fields: Partial<MessageDocument> = {},
  ): Promise<MessageDocument> {
    const message: MessageDocument = {
      _id: uuidv7(),
      sessionId: _id,
      sessionKey: key,
      seq,
      sender: 'user',
      content: `Message ${seq}`,
      timestamp: at(seq),
      ...fields,
    };
    await models.messages.insertMany([message]);
    return message;
  }

  /** Resolves when nothing is left of deleted sessions and users. */
  async function purged(): Promise<void> {
    while (
      (await models.deletions.exists({})) ||
      (await models.sessions.exists({ deleting: true })) ||
      (await models.users.exists({ deleting: true }))
    );
  }

  const replyTo = ({ _id }: MessageDocument) => ({ sender: 'server', replyTo: _id }) as const;

  test('a message without a reply is found, and its reply advances the session', async () => {
    const session = await addSession();
    const { _id } = await addMessage(session, 1, { unanswered: true });

    const [found, ...others] = await store.findUnanswered(10);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ userId, message: { messageId: _id, sessionId: session._id, seq: 1 } });
    const reply = await store.appendReply(newReply(userId, present(found).message, { timestamp: at(5) }));

    expect(reply).toMatchObject({ seq: 2, replyTo: _id });
    expect(await store.findSession(userId, session._id)).toMatchObject({
      lastSeq: 2,
      lastMessageAt: at(5),
      name: 'Message 1',
    });
  });

  test('a message that has a reply is not returned, and its session is advanced', async () => {
    const session = await addSession();
    const message = await addMessage(session, 1, { unanswered: true });
    await addMessage(session, 2, replyTo(message));

    expect(await store.findUnanswered(10)).toEqual([]);
    const completed = { lastSeq: 2, lastMessageAt: at(2), name: 'Message 1' };
    expect(await store.findSession(userId, session._id)).toMatchObject(completed);
    await store.close();
    expect(await models.messages.countDocuments({ unanswered: true })).toBe(0);
  });

  test('answered messages do not use up the limit', async () => {
    const session = await addSession();
    for (const i of times(3, (index) => index)) {
      const message = await addMessage(session, 2 * i + 1, { unanswered: true });
      await addMessage(session, 2 * i + 2, replyTo(message));
    }
    const last = await addMessage(session, 7, { unanswered: true });
    expect((await store.findUnanswered(1)).map(({ message }) => message.messageId)).toEqual([last._id]);
  });

  test('the number of commands does not grow with the answered messages whose session is in step', async () => {
    const commandsWith = async (count: number) => {
      for (const _ of times(count, (index) => index)) {
        const session = await addSession({ lastSeq: 2, name: 'Named' });
        const message = await addMessage(session, 1, { unanswered: true });
        await addMessage(session, 2, replyTo(message));
      }
      const { store: counted, roundTrips } = await openCountedStore(url);
      roundTrips.restart();
      expect(await counted.findUnanswered(100)).toEqual([]);
      await counted.close();
      expect(await models.messages.countDocuments({ unanswered: true })).toBe(0);
      return roundTrips.commands;
    };
    const one = await commandsWith(1);
    // The first mark may be removed with a command of its own.
    expect(await commandsWith(20)).toBeLessThanOrEqual(one + 1);
  });

  test('messages of a deleted session are removed', async () => {
    const gone = { ...(await addSession()), key: 'gone' };
    await addMessage(gone, 1, { unanswered: true });
    await addMessage(gone, 2);
    expect(await store.findUnanswered(10)).toEqual([]);
    await purged();
    expect(await models.messages.countDocuments({ sessionKey: 'gone' })).toBe(0);
  });

  test('a session that lags behind its messages continues without a gap', async () => {
    const session = await addSession();
    for (const seq of [1, 2, 3]) await addMessage(session, seq);
    const stored = await appendAndFind(store, newExchange(userId, session._id));
    expect([stored.message.seq, stored.reply?.seq]).toEqual([4, 5]);
    expect(stored.session).toMatchObject({ lastSeq: 5, name: 'Message 1' });
  });

  test('a repeat repairs an interrupted first attempt', async () => {
    const session = await addSession();
    const message = await addMessage(session, 1, { clientMessageId: 'c-1' });
    const again = await appendAndFind(store, newQuestion(userId, session._id, { clientMessageId: 'c-1' }));
    expect(again).toMatchObject({ duplicate: true, reply: null, message: { messageId: message._id } });
    expect(again.session).toMatchObject({ lastSeq: 1, name: 'Message 1' });
  });

  test('a message stored without its reply gets it with the next free seq', async () => {
    const session = await addSession();
    const message = await addMessage(session, 1, { unanswered: true });
    await addMessage(session, 2);
    const exchange = newExchange(userId, session._id, { messageId: message._id });
    const stored = await append(store, exchange);
    expect([stored.message.seq, stored.reply?.seq]).toEqual([1, 3]);
    expect(await readAll(store, userId, session._id)).toHaveLength(3);
  });

  test('a reply stored by another server is the reply', async () => {
    const session = await addSession();
    const message = await addMessage(session, 1, { unanswered: true });
    const reply = await addMessage(session, 2, replyTo(message));
    const stored = await append(store, newExchange(userId, session._id, { messageId: message._id }));
    expect(stored.reply?.messageId).toBe(reply._id);
    expect(await readAll(store, userId, session._id)).toHaveLength(2);
  });

  test('a session being deleted is hidden, and the next start finishes the deletion', async () => {
    const session = await addSession({ deleting: true });
    await addMessage(session, 1, { unanswered: true });
    expect(await store.findSession(userId, session._id)).toBeNull();
    expect(await store.updateSession(userId, session._id, { name: 'Name' })).toBeNull();
    expect(await store.deleteSession(userId, session._id)).toBeNull();
    expect((await store.listSessions(userId, { limit: 10 }, at(1_000))).sessions).toEqual([]);

    const next = await openMongoStore(url);
    await purged();
    await next.close();
    expect(await models.sessions.countDocuments({})).toBe(0);
    expect(await models.messages.countDocuments({})).toBe(0);
  });

  test('a session being deleted can be recreated by any user, and shares nothing with the old one', async () => {
    const session = await addSession({ deleting: true });
    await addMessage(session, 1);
    const { id: other } = await addUser(store);
    const opened = await store.openSession(newSession(other, { id: session._id }));
    expect(opened).toMatchObject({ created: true, session: { userId: other, lastSeq: 0 } });
    expect(await readAll(store, other, session._id)).toEqual([]);
    await purged();
    expect(await models.messages.countDocuments({})).toBe(0);
  });

  test('a user whose deletion was interrupted is hidden, and the next start finishes the deletion', async () => {
    const user = await addUser(store);
    const { message } = await append(store, newExchange(user.id, randomUUID()));
    await models.users.updateOne({ _id: user.id }, { $set: { deleting: true } });
    expect(await store.findUser(user.id)).toBeNull();

    const next = await openMongoStore(url);
    await purged();
    await next.close();
    expect(await models.users.countDocuments({ _id: user.id })).toBe(0);
    expect(await models.logins.countDocuments({ userId: user.id })).toBe(0);
    expect(await models.sessions.countDocuments({ userId: user.id })).toBe(0);
    expect(await models.messages.countDocuments({ sessionId: message.sessionId })).toBe(0);
  });

  test('a session with very many messages is deleted immediately, and its messages in portions', async () => {
    const { id: owner } = await addUser(store);
    const session = await addSession({ userId: owner });
    const count = 1_500;
    const messages = times(
      count,
      (index): MessageDocument => ({
        _id: uuidv7(),
        sessionId: session._id,
        sessionKey: session.key,
        seq: index + 1,
        sender: 'user',
        content: 'Hello',
        timestamp: at(1),
      }),
    );
    await driverCollection(models.messages).insertMany(messages);
    expect(await store.deleteSession(owner, session._id)).toMatchObject({ id: session._id });

    // A stop doesn't wait for the rest, and the next start goes on with it.
    await store.close();
    expect(await models.messages.countDocuments({ sessionKey: session.key })).toBeGreaterThan(0);
    store = await openMongoStore(url);
    expect(await store.readMessages(owner, session._id, { limit: 1 })).toBeNull();
    const stored = await append(store, newExchange(owner, session._id));
    expect(stored.message.seq).toBe(1);
    await purged();
    expect(await models.messages.countDocuments({})).toBe(2);
    expect(await readAll(store, owner, session._id)).toHaveLength(2);
  });

  test('a deleted account frees its name, email and session ids, and no personal data is left', async () => {
    const user = await addUser(store);
    const other = await addUser(store);
    const { message } = await append(store, newExchange(user.id, randomUUID()));
    await models.users.updateOne({ _id: user.id }, { $set: { deleting: true } });
    // As if the process had died before it hid the sessions.
    expect((await append(store, newExchange(other.id, message.sessionId))).message.seq).toBe(1);

    await store.deleteUser(other.id);
    const kept = await models.users.findById(other.id).lean();
    expect(JSON.stringify(kept ?? {})).not.toContain(other.username);
    const again = { ...other, id: randomUUID() };
    await store.createUser(again, newLogin(again.id));
    await purged();
    expect(await models.users.countDocuments({ _id: { $in: [user.id, other.id] } })).toBe(0);
    expect(await models.messages.countDocuments({})).toBe(0);
  });
});
