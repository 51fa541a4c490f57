import { randomUUID } from 'node:crypto';
import {
  at,
  newExchange,
  newLogin,
  newQuestion,
  newReply,
  newSession,
  newUser,
  times,
  uniqueName,
} from '../../testkit/builders';
import {
  addLogin,
  addUser,
  append,
  appendAndFind,
  type OpenStore,
  readAll,
  seqsTo,
  useStore,
} from './storeFixture';

/** Several processes may serve one database, if only while a new version takes over from the old one. */
export function sharedDatabaseContract(openStore: OpenStore): void {
  const one = useStore(openStore);
  const two = useStore(openStore);
  const storeOf = (i: number) => (i % 2 ? one.store : two.store);

  test('number the messages of one session without a gap', async () => {
    const { id: userId } = await addUser(one.store);
    const sessionId = randomUUID();
    await Promise.all(times(30, (i) => append(storeOf(i), newExchange(userId, sessionId))));

    const messages = await readAll(two.store, userId, sessionId);
    expect(messages.map(({ seq }) => seq)).toEqual(seqsTo(60));
    expect(await readAll(one.store, userId, sessionId)).toStrictEqual(messages);
    expect(await one.store.findSession(userId, sessionId)).toMatchObject({ lastSeq: 60 });
  });

  test('take turns without a gap', async () => {
    const { id: userId } = await addUser(one.store);
    const sessionId = randomUUID();
    const seqs: number[] = [];
    for (const i of times(6, (index) => index)) {
      seqs.push((await append(storeOf(i), newQuestion(userId, sessionId))).message.seq);
    }
    expect(seqs).toEqual(seqsTo(6));
  });

  test('store a repeated message once', async () => {
    const { id: userId } = await addUser(one.store);
    const sessionId = randomUUID();
    const results = await Promise.all(
      times(20, (i) => append(storeOf(i), newExchange(userId, sessionId, { clientMessageId: 'c-1' }))),
    );

    expect(results.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(new Set(results.map(({ message }) => message.messageId)).size).toBe(1);
    expect(new Set(results.map(({ reply }) => reply?.messageId)).size).toBe(1);
    expect(await readAll(one.store, userId, sessionId)).toHaveLength(2);
  });

  test('store one reply to a message', async () => {
    const { id: userId } = await addUser(one.store);
    const { message } = await append(one.store, newQuestion(userId, randomUUID()));
    const replies = await Promise.all(times(10, (i) => storeOf(i).appendReply(newReply(userId, message))));

    expect(replies.filter((reply) => reply !== null)).toHaveLength(1);
    expect(await readAll(one.store, userId, message.sessionId)).toHaveLength(2);
  });

  test('make a session once', async () => {
    const { id: userId } = await addUser(one.store);
    const session = newSession(userId);
    const opened = await Promise.all(times(10, (i) => storeOf(i).openSession(session)));
    expect(opened.filter((result) => result?.created)).toHaveLength(1);
  });

  test('give a username and a refresh generation away once', async () => {
    const username = uniqueName();
    const signups = times(10, (i) => {
      const user = newUser({ username });
      return storeOf(i).createUser(user, newLogin(user.id));
    });
    const outcomes = await Promise.allSettled(signups);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);

    const login = newLogin((await addUser(one.store)).id);
    await addLogin(one.store, login);
    const rotate = (i: number) => {
      const rotation = { lastUsedAt: at(i), expiresAt: at(3600 + i) };
      return storeOf(i).rotateLogin(login.id, 0, rotation);
    };
    const rotated = await Promise.all(times(10, rotate));
    expect(rotated.filter((result) => result !== null)).toHaveLength(1);
  });

  test('see at once what the other one deleted', async () => {
    const { id: userId } = await addUser(one.store);
    const { session, message } = await appendAndFind(one.store, newQuestion(userId, randomUUID()));
    await two.store.deleteSession(userId, session.id);

    expect(await one.store.findSession(userId, session.id)).toBeNull();
    expect(await one.store.appendReply(newReply(userId, message))).toBeNull();
    const again = await append(one.store, newQuestion(userId, session.id));
    expect(again).toMatchObject({ sessionChange: { type: 'created' }, message: { seq: 1 } });
  });

  test('answer with the name that the other one gave', async () => {
    const { id: userId } = await addUser(one.store);
    const { session } = await appendAndFind(
      one.store,
      newExchange(userId, randomUUID(), { content: 'First' }),
    );
    await two.store.updateSession(userId, session.id, { name: 'Given' });
    const stored = await appendAndFind(one.store, newExchange(userId, session.id));
    expect(stored).toMatchObject({ sessionChange: null, session: { name: 'Given', lastSeq: 4 } });
    const next = await appendAndFind(one.store, newExchange(userId, session.id));
    expect(next.session).toMatchObject({ name: 'Given', lastSeq: 6 });
    expect(next.session).toStrictEqual(await two.store.findSession(userId, session.id));
  });

  test('answer with what was pinned, archived and read through the other one', async () => {
    const { id: userId } = await addUser(one.store);
    const { session, message } = await appendAndFind(one.store, newQuestion(userId, randomUUID()));
    await two.store.updateSession(userId, session.id, { pinned: true, archived: true });
    const states: unknown[] = [];
    const onStored = (_stored: unknown, state: object) => states.push(state);
    await one.store.appendReply(newReply(userId, message), onStored);
    await two.store.markRead(userId, session.id, 2);
    const sent = await one.store.appendExchange(newExchange(userId, session.id), onStored);
    expect(sent).toMatchObject({ sessionChange: { type: 'changed' } });
    await two.store.updateSession(userId, session.id, { pinned: false });
    const next = await append(one.store, newQuestion(userId, session.id));
    await two.store.markRead(userId, session.id, 5);
    await one.store.appendReply(newReply(userId, next.message), onStored);
    expect(states).toMatchObject([
      { lastSeq: 2, readSeq: 1, pinned: true, archived: true },
      { lastSeq: 4, readSeq: 3, pinned: true, archived: false },
      { lastSeq: 6, readSeq: 5, pinned: false, archived: false },
    ]);
    expect(await one.store.findSession(userId, session.id)).toMatchObject(states[2] ?? {});
  });

  test('keep apart what belongs to two lives of a session, and to two users', async () => {
    const [owner, next] = [await addUser(one.store), await addUser(two.store)];
    const { session } = await appendAndFind(one.store, newExchange(owner.id, randomUUID()));
    await two.store.deleteSession(owner.id, session.id);
    const { message, reply } = await append(two.store, newExchange(next.id, session.id));

    expect(await one.store.readMessages(owner.id, session.id, { limit: 10 })).toBeNull();
    expect(await one.store.appendExchange(newExchange(owner.id, session.id))).toBeNull();
    expect(await readAll(one.store, next.id, session.id)).toStrictEqual([message, reply]);
    const more = await append(one.store, newExchange(next.id, session.id));
    expect(more.message.seq).toBe(3);
  });

  test('read the messages of a session’s present life only', async () => {
    const { id: userId } = await addUser(one.store);
    const { session } = await appendAndFind(one.store, newExchange(userId, randomUUID()));
    await two.store.deleteSession(userId, session.id);
    const { message } = await append(two.store, newQuestion(userId, session.id));
    expect(await readAll(one.store, userId, session.id)).toStrictEqual([message]);
    const late = await one.store.appendReply(newReply(userId, message));
    expect(late).toMatchObject({ seq: 2, replyTo: message.messageId });
  });

  test('take nothing from a user whom the other one deleted', async () => {
    const { id: userId } = await addUser(one.store);
    const { session } = await appendAndFind(one.store, newQuestion(userId, randomUUID()));
    await two.store.deleteUser(userId);
    expect(await one.store.appendExchange(newExchange(userId, session.id))).toBeNull();
    const unanswered = await one.store.findUnanswered(100);
    expect(unanswered.filter(({ message }) => message.sessionId === session.id)).toEqual([]);
  });

  test('acknowledge nothing that is not there, whatever the other one deletes meanwhile', async () => {
    const { id: userId } = await addUser(one.store);
    const sessionId = randomUUID();
    for (const round of times(10, (index) => index)) {
      const sends = times(4, () => one.store.appendExchange(newExchange(userId, sessionId)));
      await Promise.all([...sends, two.store.deleteSession(userId, sessionId)]);
      const after = await appendAndFind(
        one.store,
        newExchange(userId, sessionId, { content: `After ${round}` }),
      );
      const messages = await readAll(two.store, userId, sessionId);
      expect(messages.map(({ seq }) => seq)).toEqual(seqsTo(after.session.lastSeq));
      expect(messages.slice(-2)).toStrictEqual([after.message, after.reply]);
    }
  });
}
