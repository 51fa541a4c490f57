import { PASSWORD } from '../support/client';
import { startTestServer, type TestServer } from '../support/testServer';
import { heldFetch } from './heldFetch';
import { countedFetch, newAccount, newClient, signedUp } from './support';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

describe('a call of one user', () => {
  test('does not change the account of the next one', async () => {
    const held = heldFetch('PATCH', '/api/auth/me', 'loss');
    const client = await signedUp({ url: server.url, fetch: held.fetch });
    const update = client.account.update({ username: newAccount().username });
    const refused = expect(update).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await held.reached;
    await client.logOut();
    const next = await client.signUp(newAccount());
    held.release();
    await refused;
    expect(client.user).toEqual(next);
  });

  test('does not end the logins of the next one', async () => {
    const held = heldFetch('POST', '/api/auth/logout-all', 'loss');
    const client = await signedUp({ url: server.url, fetch: held.fetch });
    const ended = client.logOutEverywhere();
    await held.reached;
    const next = await client.signUp(newAccount());
    held.release();
    await ended;
    expect(client.user).toEqual(next);
    expect(await client.account.logins()).toHaveLength(1);
  });

  test('does not log out the next one when its response arrives', async () => {
    const held = heldFetch('DELETE', '/api/auth/me', 'answer');
    const client = await signedUp({ url: server.url, fetch: held.fetch });
    const deleted = client.account.delete(PASSWORD);
    await held.reached;
    const next = await client.signUp(newAccount());
    held.release();
    await deleted;
    expect(client.user).toEqual(next);
  });
});

test('of two concurrent logins, one remains', async () => {
  const account = newAccount();
  await newClient({ url: server.url }).signUp(account);
  const counted = countedFetch();
  const client = newClient({ url: server.url, ...counted });
  await Promise.all([client.logIn(account), client.logIn(account)]);
  expect(counted.count('/api/auth/logout')).toBe(1);
});
