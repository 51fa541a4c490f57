import { randomUUID } from 'node:crypto';
import { NO_PASSWORD, type UserRecord } from '../../src/domain/user';
import type { ChatStore } from '../../src/stores/chatStore';
import { at, newLogin, newUser, times } from '../../testkit/builders';
import { addLogin, addUser, chatErrorOf, type OpenStore, useStore } from './storeFixture';

/** Users without an email, and those of the app's own backend with their tokens. */
export function externalContract(openStore: OpenStore): void {
  const db = useStore(openStore);

  function newExternal(identity: string = randomUUID()): UserRecord {
    return { ...newUser({ passwordHash: NO_PASSWORD, identity }), email: null };
  }

  async function addExternal(store: ChatStore = db.store): Promise<UserRecord> {
    const user = newExternal();
    await store.createUser(user, null);
    return user;
  }

  const tokenOf = (user: UserRecord, id: string = randomUUID()) =>
    newLogin(user.id, { id, isExternal: true, expiresAt: at(3_600) });

  test('several users have no email, and one of them gets one', async () => {
    const [first, second] = [await addExternal(), await addExternal()];
    expect(await db.store.findUser(first.id)).toStrictEqual(first);
    const { email } = newUser();
    const changes = { email, updatedAt: at(9) };
    expect(await db.store.updateUser(first.id, changes)).toStrictEqual({ ...first, ...changes });
    expect(await db.store.findUserByEmail(email)).toMatchObject({ id: first.id });
    await chatErrorOf(db.store.updateUser(second.id, changes), 'EMAIL_TAKEN');
    expect(await db.store.updateUser(first.id, { email: null })).toMatchObject({ email: null });
    expect(await db.store.findUserByEmail(email)).toBeNull();
    for (const text of ['', 'null', `none:${second.id}`.slice(5)])
      expect(await db.store.findUserByEmail(text)).toBeNull();
  });

  test('a user is found by the identity, and has it alone', async () => {
    const user = await addExternal();
    const { identity = '' } = user;
    expect(await db.store.findUserByIdentity(identity)).toStrictEqual(user);
    expect(await db.store.findUserByIdentity(identity.toUpperCase())).toBeNull();
    expect(await db.store.findUserByIdentity('')).toBeNull();
    const other = newExternal(identity);
    await chatErrorOf(db.store.createUser(other, null), 'CONFLICT');
    expect(await db.store.findUser(other.id)).toBeNull();
    await addUser(db.store, { username: other.username });
    expect(await db.store.updateUser(user.id, { updatedAt: at(9) })).toMatchObject({ identity });
  });

  test('of many users with one identity created at once, one is', async () => {
    const identity = randomUUID();
    const users = times(10, () => newExternal(identity));
    const created = await Promise.allSettled(users.map((user) => db.store.createUser(user, null)));
    expect(created.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const winner = users[created.findIndex(({ status }) => status === 'fulfilled')];
    expect(await db.store.findUserByIdentity(identity)).toStrictEqual(winner);
  });

  test('a token has one login, however many requests create it', async () => {
    const user = await addExternal();
    const login = tokenOf(user);
    const created = await Promise.all(times(5, () => db.store.createLogin(login, NO_PASSWORD)));
    expect(created).toEqual(times(5, () => true));
    expect(await db.store.findLogin(login.id)).toStrictEqual(login);
    const stranger = await addExternal();
    expect(await db.store.createLogin({ ...login, userId: stranger.id }, NO_PASSWORD)).toBe(false);
    expect(await db.store.findLogin(login.id)).toStrictEqual(login);
    expect(await db.store.isTokenRevoked(login.id)).toBe(false);
  });

  test.each<[string, (store: ChatStore, user: UserRecord, loginId: string) => Promise<unknown>]>([
    ['its login', (store, user, loginId) => store.deleteLogin(user.id, loginId)],
    ['all logins of its user', (store, user) => store.deleteLogins(user.id)],
    ['its user', (store, user) => store.deleteUser(user.id)],
  ])('a token is revoked for good by the deletion of %s', async (_case, end) => {
    const user = await addExternal();
    const login = tokenOf(user);
    await addLogin(db.store, login);
    const own = newLogin(user.id);
    await addLogin(db.store, own);
    await end(db.store, user, login.id);
    expect(await db.store.isTokenRevoked(login.id)).toBe(true);
    expect(await db.store.isTokenRevoked(own.id)).toBe(false);
    const store = await db.reopen();
    expect(await store.isTokenRevoked(login.id)).toBe(true);
    expect(await store.createLogin(login, NO_PASSWORD)).toBe(false);
    expect(await store.findLogin(login.id)).toBeNull();
  });

  test('a token that is not of the user, or is excepted, is not revoked', async () => {
    const [user, other] = [await addExternal(), await addExternal()];
    const [kept, ended, foreign] = [tokenOf(user), tokenOf(user), tokenOf(other)];
    for (const login of [kept, ended, foreign]) await addLogin(db.store, login);
    expect(await db.store.deleteLogin(user.id, foreign.id)).toBe(false);
    expect(await db.store.deleteLogins(user.id, kept.id)).toEqual([ended.id]);
    const revoked = await Promise.all([kept, ended, foreign].map(({ id }) => db.store.isTokenRevoked(id)));
    expect(revoked).toEqual([false, true, false]);
  });

  test('a deleted user frees the identity for the next token', async () => {
    const user = await addExternal();
    await db.store.deleteUser(user.id);
    const { identity = '' } = user;
    expect(await db.store.findUserByIdentity(identity)).toBeNull();
    const next = newExternal(identity);
    await db.store.createUser(next, null);
    expect(await db.store.findUserByIdentity(identity)).toStrictEqual(next);
  });

  test('expired tokens are cleared away without being revoked, and revoked ones later', async () => {
    const user = await addExternal();
    const [expired, revoked, own] = [
      tokenOf(user),
      tokenOf(user),
      newLogin(user.id, { expiresAt: at(3_600) }),
    ];
    for (const login of [expired, revoked, own]) await addLogin(db.store, login);
    await db.store.deleteLogin(user.id, revoked.id);
    while (await db.store.deleteExpiredLogins(at(3_599), at(3_600), 10));
    expect(await db.store.findLogin(expired.id)).toBeNull();
    expect(await db.store.isTokenRevoked(expired.id)).toBe(false);
    expect(await db.store.findLogin(own.id)).toStrictEqual(own);
    expect(await db.store.isTokenRevoked(revoked.id)).toBe(true);
    while (await db.store.deleteExpiredLogins(at(3_600), at(3_600), 10));
    expect(await db.store.isTokenRevoked(revoked.id)).toBe(false);
    expect(await db.store.findLogin(own.id)).toBeNull();
  });
}
