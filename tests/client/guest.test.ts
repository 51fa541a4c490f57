import { startTestServer } from '../support/testServer';
import { newAccount, newClient, next, signedUp } from './support';

test('a guest chats, signs up without losing anything, and logs in elsewhere', async () => {
  const server = await startTestServer({ config: { guests: true } });
  const client = newClient({ url: server.url });
  const guest = await client.guest();
  expect(guest).toMatchObject({ username: expect.stringMatching(/^guest-/), email: null });
  expect(client.user).toEqual(guest);
  const { id } = await client.sessions.create();
  await client.send(id, 'hello');
  const account = newAccount();
  const told = next(client, 'user');
  const user = await client.signUp(account);
  expect(user).toMatchObject({ id: guest.id, username: account.username, email: account.email });
  expect([await told, client.user]).toEqual([user, user]);
  await client.send(id, 'still here');
  const elsewhere = newClient({ url: server.url });
  await elsewhere.logIn(account);
  expect((await elsewhere.history(id)).messages).toHaveLength(4);
  // A sign-up of somebody who has an account makes another one.
  expect((await client.signUp(newAccount())).id).not.toBe(guest.id);
});

test('a guest deletes the account without a password, and is refused where guests are not allowed', async () => {
  const server = await startTestServer({ config: { guests: true } });
  const client = newClient({ url: server.url });
  await client.guest();
  await client.account.delete();
  expect(client.user).toBeNull();
  const closed = await startTestServer();
  await expect(newClient({ url: closed.url }).guest()).rejects.toMatchObject({ code: 'FORBIDDEN' });
  const full = await signedUp({ url: closed.url });
  await expect(full.account.delete()).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
});
