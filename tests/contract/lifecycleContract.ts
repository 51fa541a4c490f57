import { randomUUID } from 'node:crypto';
import type { ChatStore, Operation } from '../../src/stores/chatStore';
import {
  at,
  newExchange,
  newLogin,
  newReply,
  newSession,
  newUsage,
  newUser,
  times,
} from '../../testkit/builders';
import {
  addUser,
  append,
  appendAndFind,
  chatErrorOf,
  type OpenStore,
  present,
  readAll,
  seqsTo,
} from './storeFixture';

type Call = (store: ChatStore, userId: string, id: string) => Promise<unknown>;

export function lifecycleContract(openStore: OpenStore): void {
  async function withStore<T>(use: (store: ChatStore) => Promise<T>): Promise<T> {
    const store = await openStore();
    try {
      return await use(store);
    } finally {
      await store.close();
    }
  }

  test('an open store answers a ping', async () => {
    await withStore(async (store) => expect(await store.ping()).toBeUndefined());
  });

  test('opening an existing database again changes nothing in it', async () => {
    const user = await withStore(addUser);
    for (const _ of [1, 2]) {
      expect(await withStore((store) => store.findUserByEmail(user.email))).toStrictEqual(user);
    }
  });

  test('closing lets exchanges that are under way finish, and they are kept', async () => {
    const store = await openStore();
    const { id: userId } = await addUser(store);
    const sessionId = randomUUID();
    const sends = times(20, () => append(store, newExchange(userId, sessionId)));
    const closed = store.close();
    const stored = await Promise.all(sends);
    await closed;

    const messages = await withStore((reopened) => readAll(reopened, userId, sessionId));
    expect(messages.map(({ seq }) => seq)).toEqual(seqsTo(40));
    const ids = stored.flatMap(({ message, reply }) => [message.messageId, reply?.messageId]);
    expect(new Set(ids)).toEqual(new Set(messages.map(({ messageId }) => messageId)));
  });

  test('closing lets everything else that is under way finish', async () => {
    const store = await openStore();
    const { session, message } = await appendAndFind(
      store,
      newExchange((await addUser(store)).id, randomUUID()),
    );
    const user = newUser();
    const underWay = [
      store.createUser(user, newLogin(user.id)),
      store.openSession(newSession(session.userId)),
      store.updateSession(session.userId, session.id, { name: 'Renamed' }),
      store.readMessages(session.userId, session.id, { limit: 10 }),
      store.appendReply(newReply(session.userId, message)),
      store.findUnanswered(10),
      store.ping(),
    ];
    const closed = store.close();
    expect((await Promise.allSettled(underWay)).map(({ status }) => status)).toEqual(
      underWay.map(() => 'fulfilled'),
    );
    await closed;

    await withStore(async (reopened) => {
      expect(await reopened.findUser(user.id)).toMatchObject({ username: user.username });
      expect(await reopened.findSession(session.userId, session.id)).toMatchObject({ name: 'Renamed' });
    });
  });

  const rotation = { lastUsedAt: at(1), expiresAt: at(2) };
  const calls: Record<Operation, Call> = {
    ping: (store) => store.ping(),
    createUser: (store) => addUser(store),
    findUser: (store, userId) => store.findUser(userId),
    findUserByEmail: (store) => store.findUserByEmail('nobody@example.com'),
    findUserByUsername: (store) => store.findUserByUsername('nobody'),
    findUserByIdentity: (store) => store.findUserByIdentity('nobody'),
    createLogin: (store, userId) => store.createLogin(newLogin(userId), 'hash'),
    findLogin: (store, _, id) => store.findLogin(id),
    isTokenRevoked: (store, _, id) => store.isTokenRevoked(id),
    rotateLogin: (store, _, id) => store.rotateLogin(id, 0, rotation),
    confirmLogin: (store, _, id) => store.confirmLogin(id, 0, at(1)),
    deleteLogin: (store, userId, id) => store.deleteLogin(userId, id),
    listLogins: (store, userId) => store.listLogins(userId, at(0)),
    deleteLogins: (store, userId) => store.deleteLogins(userId),
    deleteExpiredLogins: (store) => store.deleteExpiredLogins(at(0), at(0), 10),
    findEndedLogins: (store, _, id) => store.findEndedLogins([id], at(0)),
    updateUser: (store, userId) => store.updateUser(userId, { updatedAt: at(0) }),
    deleteUser: (store, userId) => store.deleteUser(userId),
    addUsage: (store, userId) => store.addUsage(newUsage(userId)),
    countTokens: (store, userId) => store.countTokens(userId, '2026-01-01'),
    listSessions: (store, userId) => store.listSessions(userId, { limit: 10 }, at(1_000)),
    findSession: (store, userId, id) => store.findSession(userId, id),
    openSession: (store, userId) => store.openSession(newSession(userId)),
    markRead: (store, userId, id) => store.markRead(userId, id, 1),
    updateSession: (store, userId, id) => store.updateSession(userId, id, { name: 'Name' }),
    deleteSession: (store, userId, id) => store.deleteSession(userId, id),
    readMessages: (store, userId, id) => store.readMessages(userId, id, { limit: 10 }),
    appendExchange: (store, userId, id) => store.appendExchange(newExchange(userId, id)),
    appendReply: (store, userId, id) => store.appendReply(replyToNothing(userId, id)),
    hasClientMessage: (store, userId, id) => store.hasClientMessage(userId, id, 'any'),
    findReply: (store) => store.findReply(randomUUID(), randomUUID(), randomUUID()),
    findUnanswered: (store) => store.findUnanswered(10),
    claimDraft: (store, userId, id) =>
      store.claimDraft({ ...noDraft(userId, id), owner: 'nobody', now: at(0), inTurn: false }),
    writeDraft: (store, userId, id) =>
      store.writeDraft({ ...noDraft(userId, id), owner: 'nobody', attempt: 1 }, { text: 'Late' }),
    requestStop: (store, userId, id) => store.requestStop(noDraft(userId, id), at(0)),
    findDrafts: (store, _, id) => store.findDrafts([id]),
    queueVariant: (store, userId, id) =>
      store.queueVariant({ userId, sessionId: id, replyTo: randomUUID(), variant: 2 }, at(1)),
    findOwnDrafts: (store) => store.findOwnDrafts('nobody'),
  };

  function noDraft(userId: string, sessionId: string) {
    return { userId, sessionId, replyTo: randomUUID(), variant: 1 };
  }

  function replyToNothing(userId: string, sessionId: string) {
    const fields = { messageId: randomUUID(), content: 'Late', timestamp: at(1) };
    return { userId, sessionId, replyTo: randomUUID(), ...fields };
  }

  describe('a closed store', () => {
    let closed: ChatStore | undefined;
    let userId = '';
    beforeAll(async () => {
      closed = await openStore();
      userId = (await addUser(closed)).id;
      await closed.close();
    });

    test.each(Object.entries(calls))(
      'refuses %s as UNAVAILABLE',
      async (_, call) => {
        await chatErrorOf(call(present(closed), userId, randomUUID()), 'UNAVAILABLE');
      },
      3_000,
    );
  });
}
