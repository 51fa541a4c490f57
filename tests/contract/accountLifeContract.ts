import { randomUUID } from 'node:crypto';
import type { UserRecord } from '../../src/domain/user';
import { at, newExchange, newLogin, newSession, newUser, times, uniqueName } from '../../testkit/builders';
import { addLogin, addUser, chatErrorOf, type OpenStore, readAll, useStore } from './storeFixture';

/** What becomes of users and logins after they are made. */
export function accountLifeContract(openStore: OpenStore): void {
  const db = useStore(openStore);

  async function addLogins(user: UserRecord, count: number) {
    const logins = times(count, (index) =>
      newLogin(user.id, { lastUsedAt: at(100 + index), expiresAt: at(1_000 + index) }),
    );
    for (const login of logins) await addLogin(db.store, login);
    return logins;
  }

  test('a change of name, email and password is what is found from then on', async () => {
    const user = await addUser(db.store);
    const changes = { username: uniqueName(), email: `${uniqueName()}@example.com`, passwordHash: 'another' };
    const changed = { ...user, ...changes, updatedAt: at(9) };
    expect(await db.store.updateUser(user.id, { ...changes, updatedAt: at(9) })).toStrictEqual(changed);
    expect(await db.store.findUser(user.id)).toStrictEqual(changed);
    expect(await db.store.findUserByEmail(changes.email)).toStrictEqual(changed);
    expect(await db.store.findUserByEmail(user.email)).toBeNull();
  });

  test('what a change leaves out stays, and a change of case alone is allowed', async () => {
    const user = await addUser(db.store);
    const username = user.username.toUpperCase();
    const changed = await db.store.updateUser(user.id, { username, updatedAt: at(9) });
    expect(changed).toStrictEqual({ ...user, username, updatedAt: at(9) });
  });

  test('a change to a name or email that is taken is refused and changes nothing', async () => {
    const user = await addUser(db.store);
    const other = await addUser(db.store);
    const username = other.username.toUpperCase();
    await chatErrorOf(db.store.updateUser(user.id, { username, updatedAt: at(9) }), 'USERNAME_TAKEN');
    await chatErrorOf(db.store.updateUser(user.id, { email: other.email, updatedAt: at(9) }), 'EMAIL_TAKEN');
    expect(await db.store.findUser(user.id)).toStrictEqual(user);
  });

  test('a change that expects another password hash changes nothing', async () => {
    const user = await addUser(db.store);
    const changes = { passwordHash: 'next', updatedAt: at(9) };
    expect(await db.store.updateUser(user.id, changes, 'another')).toBeNull();
    expect(await db.store.findUser(user.id)).toStrictEqual(user);
    const changed = await db.store.updateUser(user.id, changes, user.passwordHash);
    expect(changed).toStrictEqual({ ...user, ...changes });
    expect(await db.store.updateUser(user.id, changes, user.passwordHash)).toBeNull();
  });

  test('a user who is not there can be neither changed nor deleted, and gets no login or session', async () => {
    const nobody = newUser();
    const userId = nobody.id;
    expect(await db.store.updateUser(userId, { updatedAt: at(9) })).toBeNull();
    expect(await db.store.deleteUser(userId)).toBe(false);
    const login = newLogin(userId);
    expect(await db.store.createLogin(login, nobody.passwordHash)).toBe(false);
    expect(await db.store.findLogin(login.id)).toBeNull();
    const session = newSession(userId);
    expect(await db.store.openSession(session)).toBeNull();
    expect(await db.store.findSession(userId, session.id)).toBeNull();
    expect(await db.store.appendExchange(newExchange(userId, randomUUID()))).toBeNull();
  });

  test('a deleted user leaves nothing behind, and frees name, email and session ids for others', async () => {
    const user = newUser();
    const login = newLogin(user.id);
    await db.store.createUser(user, login);
    const exchange = newExchange(user.id, randomUUID());
    await db.store.appendExchange(exchange);
    const other = await addUser(db.store);
    const kept = newExchange(other.id, randomUUID());
    await db.store.appendExchange(kept);

    expect(await db.store.deleteUser(user.id)).toBe(true);

    expect(await db.store.findUser(user.id)).toBeNull();
    expect(await db.store.findUserByEmail(user.email)).toBeNull();
    expect(await db.store.findLogin(login.id)).toBeNull();
    expect(await db.store.findSession(user.id, exchange.sessionId)).toBeNull();
    expect((await db.store.listSessions(user.id, { limit: 10 }, at(1_000))).sessions).toEqual([]);
    expect(await db.store.findUnanswered(100)).toEqual([]);
    await db.store.createUser({ ...user, id: randomUUID() }, newLogin(user.id, { id: randomUUID() }));
    const again = await db.store.appendExchange({ ...newExchange(other.id, exchange.sessionId) });
    expect(again?.message.seq).toBe(1);
    expect(await readAll(db.store, other.id, kept.sessionId)).toHaveLength(2);
  });

  test('logins are listed by their latest use, without expired and others’ ones', async () => {
    const user = await addUser(db.store);
    const [first, second, third] = await addLogins(user, 3);
    await addLogins(await addUser(db.store), 1);
    const listed = await db.store.listLogins(user.id, at(1_000));
    expect(listed.filter(({ lastUsedAt }) => lastUsedAt >= at(100))).toStrictEqual([third, second]);
    expect(await db.store.findLogin(first?.id ?? '')).toStrictEqual(first);
  });

  test('a login of another user is not deleted', async () => {
    const [login] = await addLogins(await addUser(db.store), 1);
    const other = await addUser(db.store);
    expect(await db.store.deleteLogin(other.id, login?.id ?? '')).toBe(false);
    expect(await db.store.findLogin(login?.id ?? '')).toStrictEqual(login);
  });

  test('all logins of a user end but the one that is to stay', async () => {
    const user = newUser();
    const signup = newLogin(user.id);
    await db.store.createUser(user, signup);
    const [first, second, third] = (await addLogins(user, 3)).map(({ id }) => id);
    const [foreign] = await addLogins(await addUser(db.store), 1);
    const ended = await db.store.deleteLogins(user.id, second);
    expect(ended.toSorted()).toEqual([signup.id, first, third].toSorted());
    expect((await db.store.listLogins(user.id, at(0))).map(({ id }) => id)).toEqual([second]);
    expect(await db.store.deleteLogins(user.id)).toEqual([second]);
    expect(await db.store.findLogin(foreign?.id ?? '')).toStrictEqual(foreign);
  });

  test('expired logins can be cleared away', async () => {
    const [expired, live] = await addLogins(await addUser(db.store), 2);
    expect(await db.store.deleteExpiredLogins(at(1_000), at(1_000), 10)).toBe(false);
    expect(await db.store.findLogin(expired?.id ?? '')).toBeNull();
    expect(await db.store.findLogin(live?.id ?? '')).toStrictEqual(live);
  });

  test('expired logins are cleared away in portions', async () => {
    const user = await addUser(db.store);
    const now = at(2_000);
    while (await db.store.deleteExpiredLogins(now, now, 100));
    const logins = await addLogins(user, 5);
    const ids = logins.map(({ id }) => id);
    const count = async () => 5 - (await db.store.findEndedLogins(ids, at(0))).length;
    expect([await db.store.deleteExpiredLogins(now, now, 2), await count()]).toEqual([true, 3]);
    expect([await db.store.deleteExpiredLogins(now, now, 2), await count()]).toEqual([true, 1]);
    expect([await db.store.deleteExpiredLogins(now, now, 2), await count()]).toEqual([false, 0]);
  });

  test('of many logins the ended ones are told', async () => {
    const user = await addUser(db.store);
    const [live, ended] = (await addLogins(user, 2)).map(({ id }) => id);
    await db.store.deleteLogin(user.id, ended ?? '');
    const never = randomUUID();
    const found = await db.store.findEndedLogins([live ?? '', ended ?? '', never], at(0));
    expect(found.toSorted()).toEqual([ended, never].toSorted());
    expect(await db.store.findEndedLogins([], at(0))).toEqual([]);
  });

  test('an expired login counts as ended', async () => {
    const [first, second] = await addLogins(await addUser(db.store), 2);
    const ids = [first?.id ?? '', second?.id ?? ''];
    expect(await db.store.findEndedLogins(ids, first?.expiresAt ?? '')).toEqual([first?.id]);
  });

  test('updatedAt never goes back, and stays where it is not given', async () => {
    const { id } = await addUser(db.store, { updatedAt: at(10) });
    expect(await db.store.updateUser(id, { passwordHash: 'new' })).toMatchObject({ updatedAt: at(10) });
    const renamed = await db.store.updateUser(id, { username: uniqueName(), updatedAt: at(5) });
    expect(renamed).toMatchObject({ updatedAt: at(10), passwordHash: 'new' });
    const later = await db.store.updateUser(id, { passwordHash: 'newer', updatedAt: at(11) });
    expect(later).toMatchObject({ updatedAt: at(11), username: renamed?.username });
  });
}
