import { randomUUID } from 'node:crypto';
import { times } from '../../testkit/builders';
import { authCalls } from '../rest/support';
import { api, connect, newSocket, signUp } from '../support/client';
import { growth } from '../support/figures';
import { refusalOf } from '../support/socketCalls';
import { startTestServer, type TestServer } from '../support/testServer';

/** Returns how often each limit was exceeded, without those that never were. */
async function hits(server: TestServer): Promise<Record<string, number>> {
  const all = Object.entries(growth('', await server.scrape()));
  return Object.fromEntries(
    all.flatMap(([name, count]) => {
      const limit = /^chat_limit_hits_total\{limit="(.*)"\}$/.exec(name)?.[1];
      return limit === undefined ? [] : [[limit, count]];
    }),
  );
}

async function guess(server: TestServer, passwords: number, email = 'nobody@example.com') {
  for (const password of times(passwords, String)) await authCalls(server).logIn(email, password);
}

test('every limit is listed with 0 before it is exceeded', async () => {
  const server = await startTestServer();
  const names = Array.from(
    (await server.scrape()).matchAll(/^chat_limit_hits_total\{limit="(.*)"\} 0$/gm),
    (line) => line[1],
  );
  expect(names).toEqual(['attempts', 'wrong passwords', 'connections', 'messages', 'tokens']);
  expect(await hits(server)).toEqual({});
});

test('login attempts per address', async () => {
  const server = await startTestServer({ config: { authRatePerMinute: 2 } });
  await guess(server, 5);
  expect(await hits(server)).toEqual({ attempts: 3 });
});

test('wrong passwords per account, across addresses', async () => {
  const server = await startTestServer({ config: { authRatePerMinute: 1, trustProxy: 1 } });
  for (const index of times(13, Number)) {
    const call = authCalls(server).logIn('nobody@example.com', `${index}`);
    await call.set('X-Forwarded-For', `203.0.113.${index}`);
  }
  expect(await hits(server)).toEqual({ 'wrong passwords': 3 });
});

test('connections per address', async () => {
  const server = await startTestServer({ config: { connectRatePerMinute: 1 } });
  const { token } = await signUp(server);
  await connect(server, token);
  for (const _ of times(2, Number)) await refusalOf(newSocket(server, token, { reconnection: false }));
  expect(await hits(server)).toEqual({ connections: 2 });
});

test('messages per user', async () => {
  const server = await startTestServer({ config: { messageRatePerSecond: 1 } });
  const { post } = api(server, (await signUp(server)).token);
  const path = `/api/sessions/${randomUUID()}/messages`;
  const answers = await Promise.all(times(4, () => post(path, { content: 'Hello' })));
  const refused = answers.filter(({ status }) => status === 429).length;
  expect(refused).toBeGreaterThanOrEqual(2);
  expect(await hits(server)).toEqual({ messages: refused });
});
