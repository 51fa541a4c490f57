import { randomUUID } from 'node:crypto';
import { newExchange, newSession, newUsage } from '../../testkit/builders';
import { pollUntil } from '../../testkit/waiting';
import { addUser, append, type OpenStore, present, useStore } from './storeFixture';

export function usageContract(openStore: OpenStore): void {
  const db = useStore(openStore);
  const DAY = newUsage('').day;

  test('the tokens of a day are those of all requests of the user on this day', async () => {
    const [user, other] = [await addUser(db.store), await addUser(db.store)];
    expect(await db.store.countTokens(user.id, DAY)).toBe(0);
    await db.store.addUsage(newUsage(user.id, { promptTokens: 100, completionTokens: 20 }));
    await db.store.addUsage(newUsage(user.id, { promptTokens: 3, completionTokens: 0, model: null }));
    await db.store.addUsage(newUsage(user.id, { day: '2026-01-02', promptTokens: 7 }));
    await db.store.addUsage(newUsage(other.id, { promptTokens: 5_000 }));
    expect(await db.store.countTokens(user.id, DAY)).toBe(123);
  });

  test('a request is recorded once, however often it is reported; other attempts and variants are others', async () => {
    const { id } = await addUser(db.store);
    const usage = newUsage(id, { promptTokens: 10, completionTokens: 1 });
    const added = await Promise.all([db.store.addUsage(usage), db.store.addUsage(usage)]);
    expect(added).toHaveLength(2);
    await db.store.addUsage({ ...usage, promptTokens: 99 });
    expect(await db.store.countTokens(id, DAY)).toBe(11);
    await db.store.addUsage({ ...usage, attempt: 2 });
    await db.store.addUsage({ ...usage, variant: 2 });
    await db.store.addUsage({ ...usage, variant: 0 });
    expect(await db.store.countTokens(id, DAY)).toBe(44);
  });

  test('it outlives the session and the store, and is removed with the account', async () => {
    const { id } = await addUser(db.store);
    const sessionId = randomUUID();
    const { message } = await append(db.store, newExchange(id, sessionId));
    const usage = newUsage(id, { replyTo: message.messageId, promptTokens: 10, completionTokens: 1 });
    await db.store.addUsage(usage);
    await db.store.deleteSession(id, sessionId);
    const store = await db.reopen();
    expect(await store.countTokens(id, DAY)).toBe(11);

    await store.deleteUser(id);
    await pollUntil(
      () => store.countTokens(id, DAY),
      (tokens) => tokens === 0,
    );
    await store.addUsage({ ...usage, attempt: 2 });
    expect(await store.countTokens(id, DAY)).toBe(0);
  });

  test('a session is renamed only if it has the expected name', async () => {
    const { id } = await addUser(db.store);
    const session = newSession(id, { name: 'First words' });
    await db.store.openSession(session);
    const rename = (name: string, expected: string) =>
      db.store.updateSession(id, session.id, { name }, expected);
    expect(await rename('Title', 'Other words')).toBeNull();
    expect(present(await rename('Title', 'First words')).name).toBe('Title');
    expect(await rename('Late title', 'First words')).toBeNull();
    expect((await db.store.findSession(id, session.id))?.name).toBe('Title');
  });

  test('a repeat is known by its session and its user', async () => {
    const [user, stranger] = [await addUser(db.store), await addUser(db.store)];
    const sessionId = randomUUID();
    await append(db.store, newExchange(user.id, sessionId, { clientMessageId: 'mine' }));
    const isKnown = (userId: string, session: string, id: string) =>
      db.store.hasClientMessage(userId, session, id);
    expect(await isKnown(user.id, sessionId, 'mine')).toBe(true);
    expect(await isKnown(user.id, sessionId, 'new')).toBe(false);
    expect(await isKnown(stranger.id, sessionId, 'mine')).toBe(false);
    expect(await isKnown(user.id, randomUUID(), 'mine')).toBe(false);
  });
}
