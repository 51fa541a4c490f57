import { memoryStorage } from '../../client/src';
import { documentedFetch } from '../support/documents/fetch';
import { startTestServer } from '../support/testServer';
import { newAccount, newClient, online, signedUp } from './support';

/** A `fetch` that loses the next responses to requests for a path, after the server has sent them. */
function losingFetch() {
  const left = new Map<string, number>();
  const losing: typeof fetch = async (input, init) => {
    const response = await documentedFetch(input, init);
    const { pathname } = new URL(String(input));
    const count = left.get(pathname) ?? 0;
    left.set(pathname, count - 1);
    if (count <= 0) return response;
    throw new TypeError('the connection was lost');
  };
  return { fetch: losing, lose: (pathname: string, count: number) => void left.set(pathname, count) };
}

test('a client stays logged in if the responses to its refreshes are lost', async () => {
  let ahead = 0;
  const server = await startTestServer({ parts: { clock: () => Date.now() + ahead } });
  const { fetch, lose } = losingFetch();
  const client = await signedUp({ url: server.url, fetch });
  for (let round = 0; round < 2; round += 1) {
    lose('/api/auth/refresh', 3);
    ahead += 3_700_000;
    expect((await client.sessions.list()).sessions).toEqual([]);
    await online(client);
  }
  expect(client.user).not.toBeNull();
});

test('a client stays logged in if the response to a refresh is lost, and it comes back days later', async () => {
  let ahead = 0;
  const server = await startTestServer({ parts: { clock: () => Date.now() + ahead } });
  const { fetch, lose } = losingFetch();
  const storage = memoryStorage();
  const before = await signedUp({ url: server.url, fetch, storage });
  ahead += 3_700_000;
  lose('/api/auth/refresh', Number.POSITIVE_INFINITY);
  const listed = before.sessions.list();
  before.close();
  await expect(listed).rejects.toMatchObject({ code: 'OFFLINE' });
  ahead += 20 * 24 * 3_600_000;
  const after = newClient({ url: server.url, storage });
  await online(after);
  expect(after.user).toEqual(before.user);
});

test('a sign-up whose response was lost can be repeated, by its owner only', async () => {
  const server = await startTestServer();
  const { fetch, lose } = losingFetch();
  const client = newClient({ url: server.url, fetch });
  const account = newAccount();
  lose('/api/auth/signup', 1);
  await expect(client.signUp(account)).rejects.toMatchObject({ code: 'OFFLINE' });
  expect(client.user).toBeNull();

  const stranger = newClient({ url: server.url });
  await expect(stranger.signUp(account)).rejects.toMatchObject({ code: 'USERNAME_TAKEN' });
  const other = { ...account, password: 'another good password' };
  await expect(client.signUp(other)).rejects.toMatchObject({ code: 'USERNAME_TAKEN' });
  expect(await client.signUp(account)).toMatchObject({ username: account.username });
  await online(client);
});

test('a sign-up whose response was lost fails if somebody else has the name', async () => {
  const server = await startTestServer();
  const { fetch, lose } = losingFetch();
  const client = newClient({ url: server.url, fetch });
  const { user } = await signedUp({ url: server.url });
  const account = { ...newAccount(), username: String(user?.username) };
  lose('/api/auth/signup', 1);
  await expect(client.signUp(account)).rejects.toMatchObject({ code: 'OFFLINE' });
  await expect(client.signUp(account)).rejects.toMatchObject({ code: 'USERNAME_TAKEN' });
});

test('a password change whose response was lost can be repeated', async () => {
  const server = await startTestServer();
  const { fetch, lose } = losingFetch();
  const client = newClient({ url: server.url, fetch });
  const account = newAccount();
  await client.signUp(account);
  const change = (to: string, from = account.password) => client.account.changePassword(from, to);
  lose('/api/auth/password', 1);
  await expect(change('the next password')).rejects.toMatchObject({ code: 'OFFLINE' });
  await expect(change('some other password')).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' });
  await change('the next password');
  await client.logIn({ email: account.email, password: 'the next password' });
  await expect(change('a third password', 'a guess')).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' });
});

test('a guest whose sign-up was stored, but not confirmed, signs up again to the same account', async () => {
  const server = await startTestServer({ config: { guests: true } });
  const { fetch, lose } = losingFetch();
  const client = newClient({ url: server.url, fetch });
  const { id } = await client.guest();
  const account = newAccount();
  lose('/api/auth/signup', 1);
  await expect(client.signUp(account)).rejects.toMatchObject({ code: 'OFFLINE' });
  expect(await client.signUp(account)).toMatchObject({ id, username: account.username });
});
