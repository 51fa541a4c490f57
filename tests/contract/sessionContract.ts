import { randomUUID } from 'node:crypto';
import type { NewSession, Session } from '../../src/domain/session';
import { at, newExchange, newSession, times } from '../../testkit/builders';
import {
  addUser,
  append,
  appendAndFind,
  type OpenStore,
  present,
  readAll,
  seqsTo,
  useStore,
} from './storeFixture';

export function sessionContract(openStore: OpenStore): void {
  const db = useStore(openStore);

  async function addSession(fields: Partial<NewSession> = {}): Promise<Session> {
    const user = await addUser(db.store);
    return present(await db.store.openSession(newSession(user.id, fields))).session;
  }

  test('opening makes the session', async () => {
    const user = await addUser(db.store);
    const wanted = newSession(user.id, { name: '  Ünïcode 💬 name ', createdAt: at(7) });
    const session = {
      ...wanted,
      lastMessageAt: null,
      lastSeq: 0,
      readSeq: 0,
      pinned: false,
      archived: false,
      preview: null,
    };

    expect(await db.store.openSession(wanted)).toStrictEqual({ session, created: true });
    expect(await db.store.findSession(user.id, wanted.id)).toStrictEqual(session);
  });

  test('a session without a name has none', async () => {
    const session = await addSession();
    expect(session.name).toBeNull();
    expect(await db.store.findSession(session.userId, session.id)).toStrictEqual(session);
  });

  test('opening again gives the same session back as it is', async () => {
    const { id, userId } = await addSession({ name: 'First' });
    const { session } = await appendAndFind(db.store, newExchange(userId, id, { timestamp: at(9) }));

    const again = await db.store.openSession({ id, userId, name: 'Second', createdAt: at(50) });

    expect(again).toStrictEqual({ session, created: false });
    expect(await db.store.findSession(userId, id)).toStrictEqual(session);
  });

  test('of many who open one session at once, one makes it and all get it', async () => {
    const user = await addUser(db.store);
    const id = randomUUID();
    const opened = await Promise.all(
      times(10, (i) => db.store.openSession({ id, userId: user.id, name: `Device ${i}`, createdAt: at(i) })),
    );

    expect(opened.filter((result) => result?.created)).toHaveLength(1);
    const session = await db.store.findSession(user.id, id);
    for (const result of opened) expect(result?.session).toStrictEqual(session);
  });

  test('a session that never was can be neither found, renamed nor deleted', async () => {
    const user = await addUser(db.store);
    expect(await db.store.findSession(user.id, randomUUID())).toBeNull();
    expect(await db.store.updateSession(user.id, randomUUID(), { name: 'Name' })).toBeNull();
    expect(await db.store.markRead(user.id, randomUUID(), 1)).toBeNull();
    expect(await db.store.deleteSession(user.id, randomUUID())).toBeNull();
  });

  test('renaming changes the name and nothing else', async () => {
    const session = await addSession({ name: 'Old' });
    const renamed = { ...session, name: 'Nëw 🎉' };

    expect(await db.store.updateSession(session.userId, session.id, { name: 'Nëw 🎉' })).toStrictEqual(
      renamed,
    );
    expect(await db.store.findSession(session.userId, session.id)).toStrictEqual(renamed);
  });

  test('deleting returns the session as it was and removes it with its messages', async () => {
    const { id, userId } = await addSession();
    const { session } = await appendAndFind(db.store, newExchange(userId, id));

    expect(await db.store.deleteSession(userId, id)).toStrictEqual(session);

    expect(await db.store.findSession(userId, id)).toBeNull();
    expect(await db.store.readMessages(userId, id, { limit: 10 })).toBeNull();
    expect(await db.store.deleteSession(userId, id)).toBeNull();
  });

  test('deleting leaves the other sessions of the user alone', async () => {
    const { id, userId } = await addSession();
    const kept = await appendAndFind(db.store, newExchange(userId, randomUUID()));
    await append(db.store, newExchange(userId, id));

    await db.store.deleteSession(userId, id);

    expect(await db.store.findSession(userId, kept.session.id)).toStrictEqual(kept.session);
    expect(await readAll(db.store, userId, kept.session.id)).toStrictEqual([kept.message, kept.reply]);
  });

  test('a session made again under a deleted id starts from nothing', async () => {
    const { id, userId } = await addSession({ name: 'Before' });
    const clientMessageId = 'the same as before';
    await append(db.store, newExchange(userId, id, { clientMessageId, content: 'Old' }));
    await db.store.deleteSession(userId, id);

    const opened = present(await db.store.openSession({ id, userId, name: null, createdAt: at(99) }));
    expect(opened).toMatchObject({ created: true, session: { lastSeq: 0, lastMessageAt: null, name: null } });
    expect(await readAll(db.store, userId, id)).toEqual([]);

    const first = await append(db.store, newExchange(userId, id, { clientMessageId, content: 'New' }));
    expect(first).toMatchObject({ duplicate: false, message: { seq: 1, content: 'New' }, reply: { seq: 2 } });
    expect(await readAll(db.store, userId, id)).toStrictEqual([first.message, first.reply]);
  });

  test('a deleted id is free for another user', async () => {
    const { id, userId } = await addSession();
    await append(db.store, newExchange(userId, id));
    await db.store.deleteSession(userId, id);

    const next = await addUser(db.store);
    const { message, reply } = await append(db.store, newExchange(next.id, id));
    expect(message.seq).toBe(1);
    expect(await readAll(db.store, next.id, id)).toStrictEqual([message, reply]);
    expect(await db.store.findSession(userId, id)).toBeNull();
  });

  test('a delete amid sends leaves nothing, or a session that counts from 1', async () => {
    const { id, userId } = await addSession();
    const sends = () => times(10, () => db.store.appendExchange(newExchange(userId, id)));
    await Promise.all([...sends(), db.store.deleteSession(userId, id), ...sends()]);

    const session = await db.store.findSession(userId, id);
    const messages = session ? await readAll(db.store, userId, id) : [];
    expect(messages.map(({ seq }) => seq)).toEqual(seqsTo(session?.lastSeq ?? 0));
  });

  test('sessions survive closing and opening', async () => {
    const kept = await addSession({ name: 'Kept' });
    const gone = await addSession();
    await db.store.updateSession(kept.userId, kept.id, { name: 'Renamed' });
    await db.store.deleteSession(gone.userId, gone.id);

    const reopened = await db.reopen();
    expect(await reopened.findSession(kept.userId, kept.id)).toStrictEqual({ ...kept, name: 'Renamed' });
    expect(await reopened.findSession(gone.userId, gone.id)).toBeNull();
  });
}
