import { randomUUID } from 'node:crypto';
import { ChatError } from '../../src/domain/errors';
import type { UserRecord } from '../../src/domain/user';
import { newLogin, newUser, times, uniqueName } from '../../testkit/builders';
import { addLogin, addUser, chatErrorOf, type OpenStore, useStore } from './storeFixture';

export function accountContract(openStore: OpenStore): void {
  const db = useStore(openStore);

  async function expectNothingOf(user: UserRecord, loginId: string): Promise<void> {
    expect(await db.store.findUser(user.id)).toBeNull();
    expect(await db.store.findLogin(loginId)).toBeNull();
  }

  test('a new user is there with the first login', async () => {
    const user = newUser({ username: uniqueName('MiXed') });
    const login = newLogin(user.id);
    await db.store.createUser(user, login);

    expect(await db.store.findUser(user.id)).toStrictEqual(user);
    expect(await db.store.findLogin(login.id)).toStrictEqual(login);
  });

  test('a user is found by email, too', async () => {
    const user = await addUser(db.store);
    expect(await db.store.findUserByEmail(user.email)).toStrictEqual(user);
  });

  test('a user is found by username in any case, and by no other form of its letters', async () => {
    const user = await addUser(db.store, { username: uniqueName('Kim') });
    const { username } = user;
    for (const written of [username, username.toLowerCase(), username.toUpperCase()]) {
      expect(await db.store.findUserByUsername(written)).toStrictEqual(user);
    }
    for (const other of [`${username} `, username.slice(1), username.replace('K', '\u212a'), '']) {
      expect(await db.store.findUserByUsername(other)).toBeNull();
    }
    await db.store.deleteUser(user.id);
    expect(await db.store.findUserByUsername(username)).toBeNull();
  });

  test('who is not there is null', async () => {
    expect(await db.store.findUser(randomUUID())).toBeNull();
    expect(await db.store.findUserByUsername(uniqueName())).toBeNull();
    expect(await db.store.findUserByEmail(`${uniqueName()}@example.com`)).toBeNull();
  });

  test('a username is taken whatever its case, and the refused signup leaves nothing', async () => {
    const name = uniqueName('Ann');
    await addUser(db.store, { username: name });
    const refused = newUser({ username: name.toUpperCase() });
    const login = newLogin(refused.id);

    await chatErrorOf(db.store.createUser(refused, login), 'USERNAME_TAKEN');

    await expectNothingOf(refused, login.id);
    expect(await db.store.findUserByEmail(refused.email)).toBeNull();
    await addUser(db.store, { email: refused.email });
  });

  test('an email is taken, and the refused signup leaves nothing', async () => {
    const holder = await addUser(db.store);
    const refused = newUser({ email: holder.email });
    const login = newLogin(refused.id);

    await chatErrorOf(db.store.createUser(refused, login), 'EMAIL_TAKEN');

    await expectNothingOf(refused, login.id);
    expect(await db.store.findUserByEmail(holder.email)).toStrictEqual(holder);
    await addUser(db.store, { username: refused.username });
  });

  test('a signup whose login can’t be stored leaves no user', async () => {
    const holder = await addUser(db.store);
    const login = newLogin(holder.id);
    await addLogin(db.store, login);
    const refused = newUser();

    const signup = db.store.createUser(refused, { ...login, userId: refused.id });
    await expect(signup).rejects.toBeInstanceOf(ChatError);

    expect(await db.store.findUser(refused.id)).toBeNull();
    expect(await db.store.findLogin(login.id)).toStrictEqual(login);
    await db.store.createUser(refused, newLogin(refused.id));
  });

  test('a username that only contains another one, or a pattern for it, is free', async () => {
    const name = uniqueName('Bob');
    await addUser(db.store, { username: `${name}x` });
    await addUser(db.store, { username: name.replace('_', '.') });
    await addUser(db.store, { username: name });
  });

  test('of many signups with one username at once, one succeeds and the others leave nothing', async () => {
    const name = uniqueName('Rush');
    await expectOneSignup(
      times(20, (i) => newUser({ username: i % 2 ? name : name.toLowerCase() })),
      'USERNAME_TAKEN',
    );
  });

  test('of many signups with one email at once, one succeeds and the others leave nothing', async () => {
    const email = `${uniqueName()}@example.com`;
    await expectOneSignup(
      times(20, () => newUser({ email })),
      'EMAIL_TAKEN',
    );
  });

  async function expectOneSignup(users: UserRecord[], code: 'USERNAME_TAKEN' | 'EMAIL_TAKEN'): Promise<void> {
    const attempts = users.map((user) => ({ user, login: newLogin(user.id) }));
    const results = await Promise.allSettled(attempts.map((a) => db.store.createUser(a.user, a.login)));

    const refused = attempts.filter((_, i) => results[i]?.status === 'rejected');
    expect(refused).toHaveLength(users.length - 1);
    for (const { user, login } of refused) await expectNothingOf(user, login.id);
    for (const { reason } of results.filter((result) => result.status === 'rejected')) {
      await chatErrorOf(Promise.reject(reason), code);
    }
    const found = await Promise.all(users.map((user) => db.store.findUser(user.id)));
    expect(found.filter((user) => user !== null)).toHaveLength(1);
  }

  test('users survive closing and opening', async () => {
    const user = await addUser(db.store);
    const reopened = await db.reopen();
    expect(await reopened.findUserByEmail(user.email)).toStrictEqual(user);
    await chatErrorOf(addUser(reopened, { username: user.username.toUpperCase() }), 'USERNAME_TAKEN');
  });
}
