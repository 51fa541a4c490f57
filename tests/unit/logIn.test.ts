import { hashSync } from 'bcryptjs';
import type { ChatStore } from '../../src/stores/chatStore';
import { openStore } from '../../src/stores/open';
import { at, uniqueName } from '../../testkit/builders';
import { chatErrorOf } from '../contract/storeFixture';
import { digestOf } from '../rest/digest';
import { PASSWORD } from '../support/client';
import { createTestServices } from '../support/services';
import { newSqliteDatabase } from '../support/testServer';

const DEVICE = { userAgent: null, ip: null };

/** A user, and services whose `createLogin` calls `beforeLogin` first, when the password has been compared already. */
async function start(beforeLogin: (store: ChatStore, userId: string) => Promise<unknown>) {
  const store = await openStore(newSqliteDatabase());
  const calls: string[] = [];
  let raced = false;
  const racing: ChatStore = {
    ...store,
    findUser(userId) {
      calls.push('findUser');
      return store.findUser(userId);
    },
    async createLogin(login, expectedHash) {
      calls.push('createLogin');
      if (!raced) await beforeLogin(store, login.userId);
      raced = true;
      return store.createLogin(login, expectedHash);
    },
  };
  const { auth } = createTestServices(racing);
  onEnd.push(() => store.close());
  const username = uniqueName();
  const input = { username, email: `${username}@example.com`, password: PASSWORD };
  const { user } = await auth.signUp(input, DEVICE);
  return { store, calls, user, logIn: () => auth.logIn(input, DEVICE) };
}

const onEnd: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of onEnd.splice(0)) await end();
});

const setPassword = (password: string) => (store: ChatStore, userId: string) =>
  store.updateUser(userId, { passwordHash: hashSync(digestOf(password), 5) });

test('a login reads its user once', async () => {
  const { calls, user, logIn } = await start(async () => {});
  expect((await logIn()).user).toEqual(user);
  expect(calls).toEqual(['createLogin']);
});

test('a password that is changed during a login leaves no login', async () => {
  const { store, user, logIn } = await start(setPassword('another password'));
  await chatErrorOf(logIn(), 'INVALID_CREDENTIALS');
  expect(await store.listLogins(user.id, at(0))).toHaveLength(1);
});

test('a hash of the same password that is renewed during a login changes nothing for it', async () => {
  const { store, calls, user, logIn } = await start(setPassword(PASSWORD));
  expect((await logIn()).user).toEqual(user);
  expect(calls).toEqual(['createLogin', 'findUser', 'createLogin']);
  expect(await store.listLogins(user.id, at(0))).toHaveLength(2);
});

test('a user who is deleted during a login gets none', async () => {
  const { store, user, logIn } = await start((current, userId) => current.deleteUser(userId));
  await chatErrorOf(logIn(), 'INVALID_CREDENTIALS');
  expect(await store.listLogins(user.id, at(0))).toEqual([]);
});
