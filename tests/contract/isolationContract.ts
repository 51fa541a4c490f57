import { randomUUID } from 'node:crypto';
import type { Message } from '../../src/domain/message';
import type { Session } from '../../src/domain/session';
import type { UserRecord } from '../../src/domain/user';
import type { ChatStore } from '../../src/stores/chatStore';
import { at, newExchange, newQuestion, newReply } from '../../testkit/builders';
import { addUser, append, appendAndFind, type OpenStore, readAll, useStore } from './storeFixture';

interface Owned {
  stranger: UserRecord;
  session: Session;
  question: Message;
}

type Attempt = (store: ChatStore, owned: Owned) => Promise<unknown>;

const attempts: [string, Attempt][] = [
  ['find it', (store, { stranger, session }) => store.findSession(stranger.id, session.id)],
  [
    'open it',
    (store, { stranger, session }) =>
      store.openSession({ id: session.id, userId: stranger.id, name: 'Mine', createdAt: at(9) }),
  ],
  ['mark it as read', (store, { stranger, session }) => store.markRead(stranger.id, session.id, 1)],
  [
    'rename it',
    (store, { stranger, session }) => store.updateSession(stranger.id, session.id, { name: 'Mine' }),
  ],
  ['delete it', (store, { stranger, session }) => store.deleteSession(stranger.id, session.id)],
  ['read it', (store, { stranger, session }) => store.readMessages(stranger.id, session.id, { limit: 10 })],
  [
    'read on in it',
    (store, { stranger, session }) => store.readMessages(stranger.id, session.id, { after: 0, limit: 10 }),
  ],
  [
    'append to it',
    (store, { stranger, session }) => store.appendExchange(newExchange(stranger.id, session.id)),
  ],
  ['ask in it', (store, { stranger, session }) => store.appendExchange(newQuestion(stranger.id, session.id))],
  [
    'repeat a message of it',
    (store, { stranger, session }) =>
      store.appendExchange(newExchange(stranger.id, session.id, { clientMessageId: 'known' })),
  ],
  ['answer in it', (store, { stranger, question }) => store.appendReply(newReply(stranger.id, question))],
];

export function isolationContract(openStore: OpenStore): void {
  const db = useStore(openStore);

  test.each(attempts)('to %s gives null and changes nothing', async (_, attempt) => {
    const [owner, stranger] = [await addUser(db.store), await addUser(db.store)];
    const first = await append(db.store, newExchange(owner.id, randomUUID(), { clientMessageId: 'known' }));
    const { session, message } = await appendAndFind(
      db.store,
      newQuestion(owner.id, first.message.sessionId),
    );

    expect(await attempt(db.store, { stranger, session, question: message })).toBeNull();

    expect(await db.store.findSession(owner.id, session.id)).toStrictEqual(session);
    expect(await readAll(db.store, owner.id, session.id)).toStrictEqual([
      first.message,
      first.reply,
      message,
    ]);
    expect((await db.store.listSessions(stranger.id, { limit: 10 }, at(1_000))).sessions).toEqual([]);
  });

  test('a list has only what is the user’s', async () => {
    const [one, other] = [await addUser(db.store), await addUser(db.store)];
    const ones = await appendAndFind(db.store, newExchange(one.id, randomUUID()));
    const others = await appendAndFind(db.store, newExchange(other.id, randomUUID()));

    expect((await db.store.listSessions(one.id, { limit: 10 }, at(1_000))).sessions).toStrictEqual([
      ones.session,
    ]);
    expect((await db.store.listSessions(other.id, { limit: 10 }, at(1_000))).sessions).toStrictEqual([
      others.session,
    ]);
  });
}
