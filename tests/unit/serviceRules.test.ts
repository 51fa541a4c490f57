import { randomUUID } from 'node:crypto';
import type { Services } from '../../src/services/services';
import type { ChatStore } from '../../src/stores/chatStore';
import { openStore } from '../../src/stores/open';
import { uniqueName } from '../../testkit/builders';
import { chatErrorOf } from '../contract/storeFixture';
import { PASSWORD } from '../support/client';
import { createTestServices } from '../support/services';
import { newSqliteDatabase } from '../support/testServer';

const DEVICE = { userAgent: null, ip: null };
let store: ChatStore;
let services: Services;
beforeAll(async () => {
  store = await openStore(newSqliteDatabase());
  services = createTestServices(store);
});
afterAll(() => store.close());

function account(fields: object = {}) {
  const username = uniqueName();
  return { username, email: `${username}@example.com`, password: PASSWORD, ...fields };
}

async function expectRefused(promise: Promise<unknown>, ...fields: readonly string[]): Promise<void> {
  const { errors } = await chatErrorOf(promise, 'VALIDATION_FAILED');
  expect(errors?.map(({ field }) => field)).toEqual(fields);
}

describe('services called without a route reject', () => {
  test.each([
    ['username', 'no name'],
    ['email', 'no-email'],
    ['password', 'zq7-kv2'],
    ['password', 'Password1'],
  ])('a sign-up with the %s "%s"', async (field, value) => {
    const input = account({ [field]: value });
    await expectRefused(services.auth.signUp(input, DEVICE), field);
    expect(await store.findUserByEmail(input.email)).toBeNull();
  });

  test('a profile with an invalid username and email', async () => {
    const { user } = await services.auth.signUp(account(), DEVICE);
    const change = services.account.change(user.id, { username: 'no name', email: 'no-email' });
    await expectRefused(change, 'username', 'email');
    expect(await services.account.find(user.id)).toEqual(user);
  });

  test.each(['zq7-kv2', 'Password1', 'zq7-kv2x\0'])('the new password %j', async (newPassword) => {
    const input = account();
    const { user } = await services.auth.signUp(input, DEVICE);
    const identity = { userId: user.id, loginId: randomUUID(), tokenExpiry: Date.parse(user.createdAt) };
    const passwords = { currentPassword: PASSWORD, newPassword };
    await expectRefused(services.account.changePassword(identity, passwords), 'newPassword');
    await services.auth.logIn(input, DEVICE);
  });

  test.each([' \n', 'x'.repeat(101), 'a\0b'])('the session name %j', async (name) => {
    const { user } = await services.auth.signUp(account(), DEVICE);
    const id = randomUUID();
    await expectRefused(services.sessions.open(user.id, id, name), 'name');
    const { session } = await services.sessions.open(user.id, id, 'a valid name');
    await expectRefused(services.sessions.update(user.id, id, { name }), 'name');
    expect(await services.sessions.find(user.id, id)).toEqual(session);
  });
});
