import { startTestServer } from '../support/testServer';
import { heldFetch } from './heldFetch';
import { newAccount, newClient, next, signedUp } from './support';

test('changes and deletes the account', async () => {
  const server = await startTestServer();
  const account = newAccount();
  const client = newClient({ url: server.url });
  await client.signUp(account);
  const told = next(client, 'user');
  const changed = await client.account.update({ email: `new-${account.email}` });
  expect([await told, client.user]).toEqual([changed, changed]);
  const elsewhere = newClient({ url: server.url });
  await elsewhere.logIn({ ...account, email: changed.email ?? '' });
  const renamed = await elsewhere.account.update({ username: newAccount().username });
  expect([await client.account.read(), client.user]).toEqual([renamed, renamed]);
  await client.account.changePassword(account.password, 'another horse battery');
  await expect(client.account.delete(account.password)).rejects.toMatchObject({
    code: 'INVALID_CREDENTIALS',
  });
  await client.account.delete('another horse battery');
  expect(client.user).toBeNull();
});

test('a slow read of the account does not undo a change made meanwhile', async () => {
  const server = await startTestServer();
  const held = heldFetch('GET', '/api/auth/me', 'answer');
  const client = await signedUp({ url: server.url, fetch: held.fetch });
  const read = client.account.read();
  await held.reached;
  const { username } = newAccount();
  await client.account.update({ username });
  held.release();
  await read;
  expect(client.user).toMatchObject({ username });
});
