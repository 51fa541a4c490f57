import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { ChatClientError } from '../../client/src';
import { times, uniqueName } from '../../testkit/builders';
import { freePort } from '../../testkit/serverProcess';
import { startTestServer } from '../support/testServer';
import { newAccount, newClient, seqsOf, signedUp, wholeHistory } from './support';

async function failureOf(call: Promise<unknown>): Promise<ChatClientError> {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ChatClientError) return error;
  throw new Error(`failed otherwise, or not at all: ${error}`);
}

/** Runs a server of another kind for one test. */
async function otherServer<T>(answer: RequestListener, use: (url: string) => Promise<T>): Promise<T> {
  const port = await freePort();
  const listener = createServer(answer).listen(port, '127.0.0.1');
  await once(listener, 'listening');
  try {
    return await use(`http://127.0.0.1:${port}`);
  } finally {
    listener.closeAllConnections();
    listener.close();
  }
}

test('https to a server without TLS, on this machine, is reported as such', async () => {
  const { url } = await startTestServer();
  const client = newClient({ url: url.replace('http:', 'https:') });
  const failed = await failureOf(client.logIn({ username: 'ada', password: 'securepassword123' }));
  expect(failed.code).toBe('OFFLINE');
  expect(failed.message).toBe(
    `The server at ${url} has no TLS: use this address, not ${url.replace('http:', 'https:')}.`,
  );
  const closed = newClient({ url: `https://127.0.0.1:${await freePort()}` });
  const nobody = await failureOf(closed.logIn({ username: 'ada', password: 'securepassword123' }));
  expect(nobody.message).toMatch(/can't be reached/);
});

test('errors contain the details from the server', async () => {
  const server = await startTestServer();
  const account = newAccount();
  const client = newClient({ url: server.url });
  await client.signUp(account);
  const invalid = await failureOf(client.signUp({ username: 'x', email: 'x', password: 'x' }));
  expect(invalid).toMatchObject({ name: 'ChatClientError', code: 'VALIDATION_FAILED', status: 400 });
  expect(invalid.errors?.map(({ field }) => field).sort()).toEqual(['email', 'password', 'username']);
  expect(invalid.requestId).toMatch(/^[0-9a-f-]{36}$/);
  expect((await failureOf(client.signUp({ ...account, username: uniqueName() }))).code).toBe('EMAIL_TAKEN');
  expect((await failureOf(client.logIn({ ...account, password: 'wrong' }))).code).toBe('INVALID_CREDENTIALS');
  expect(client.user?.username).toBe(account.username);
  const missing = await failureOf(client.sessions.get('01a205ce-0000-7000-8000-000000000000'));
  expect([missing.code, missing.status]).toEqual(['NOT_FOUND', 404]);
  expect((await failureOf(client.sessions.delete(missing.requestId ?? ''))).code).toBe('NOT_FOUND');
});

test('calls without a login reject with UNAUTHENTICATED', async () => {
  const server = await startTestServer();
  const client = newClient({ url: server.url });
  expect((await failureOf(client.sessions.list())).code).toBe('UNAUTHENTICATED');
  expect((await failureOf(client.send('x', 'y'))).code).toBe('UNAUTHENTICATED');
  await client.logOut();
});

test('a rate limit error says how long to wait', async () => {
  const server = await startTestServer({ config: { authRatePerMinute: 1 } });
  const client = await signedUp({ url: server.url });
  const failure = await failureOf(client.logIn(newAccount()));
  expect(failure.code).toBe('RATE_LIMITED');
  expect(failure.retryAfterMs).toBeGreaterThan(50_000);
});

test('messages over the rate limit are sent later', async () => {
  const server = await startTestServer({ config: { messageRatePerSecond: 10 } });
  const client = await signedUp({ url: server.url });
  const { id } = await client.sessions.create();
  const sent = await Promise.all(times(15, (index) => client.send(id, `${index}`)));
  expect(seqsOf(sent)).toEqual(times(15, (index) => 2 * index + 1));
  expect(await wholeHistory(client, id)).toHaveLength(30);
});

test('an unreachable server is OFFLINE', async () => {
  const client = newClient({ url: `http://127.0.0.1:${await freePort()}` });
  const failure = await failureOf(client.logIn(newAccount()));
  expect(failure.code).toBe('OFFLINE');
  expect(failure.message).toContain('127.0.0.1');
});

test('a response from another kind of server is BAD_RESPONSE, and one from a proxy without a server UNAVAILABLE', async () => {
  const answers: [RequestListener, string][] = [
    [(_, response) => response.end('<html>'), 'BAD_RESPONSE'],
    [(_, response) => response.writeHead(404).end('<html>'), 'BAD_RESPONSE'],
    [(_, response) => response.writeHead(502).end('<html>'), 'UNAVAILABLE'],
  ];
  for (const [answer, code] of answers) {
    await otherServer(answer, async (url) => {
      expect((await failureOf(newClient({ url, fetch }).logIn(newAccount()))).code).toBe(code);
    });
  }
});
