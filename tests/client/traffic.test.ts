import { randomUUID } from 'node:crypto';
import { times } from '../../testkit/builders';
import { type ScriptedServer, startScriptedServer } from './scriptedServer';
import { follow, newAccount, newClient, online } from './support';

/** A client that is logged in and connected. The server's answers are minimal, so nothing holds them to the documents. */
async function clientOf({ url }: ScriptedServer) {
  const client = newClient({ url, fetch, socketOptions: { transports: ['websocket'] } });
  await client.signUp(newAccount());
  await online(client);
  return client;
}

const messagesIn = ({ received }: ScriptedServer) => received.filter((entry) => entry.startsWith('message '));

test('each message is transmitted once and in order, however many are sent concurrently', async () => {
  const server = await startScriptedServer();
  const client = await clientOf(server);
  const id = randomUUID();
  await Promise.all(times(5, (index) => client.send(id, `${index}`)));
  expect(messagesIn(server)).toEqual(times(5, (index) => `message ${index}`));
});

test('the next message of a session is transmitted only after the acknowledgement of the one before it', async () => {
  const answers: (() => void)[] = [];
  const server = await startScriptedServer({
    message({ content }, acknowledge) {
      if (content !== 'first') return false;
      const error = { code: 'VALIDATION_FAILED', message: 'refused' };
      answers.push(() => acknowledge({ ok: false, error }));
      return true;
    },
  });
  const client = await clientOf(server);
  const id = randomUUID();
  const refused = expect(client.send(id, 'first')).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  const second = client.send(id, 'second');
  await server.until('message first');
  // On the same connection, so the second one would have been there before it.
  await client.send(randomUUID(), 'of another session');
  expect(messagesIn(server)).toEqual(['message first', 'message of another session']);
  for (const answer of answers) answer();
  await Promise.all([refused, second]);
  expect(messagesIn(server)).toEqual(['message first', 'message of another session', 'message second']);
});

test('messages of many sessions wait for the rate limit at once, without a warning of Node.js', async () => {
  const refused = new Set<string>();
  const server = await startScriptedServer({
    message({ content }, acknowledge) {
      if (refused.has(content)) return false;
      refused.add(content);
      const error = { code: 'RATE_LIMITED', message: 'Too many messages.', retryAfterMs: 300 };
      acknowledge({ ok: false, error });
      return true;
    },
  });
  const client = await clientOf(server);
  await Promise.all(times(30, (index) => client.send(randomUUID(), `${index}`)));
  expect(messagesIn(server)).toHaveLength(60);
});

test('a rate-limited message is resent only after the time the server asks for', async () => {
  const attempts: number[] = [];
  const server = await startScriptedServer({
    message(_payload, acknowledge) {
      attempts.push(performance.now());
      if (attempts.length > 1) return false;
      const error = { code: 'RATE_LIMITED', message: 'Too many messages.', retryAfterMs: 2_000 };
      acknowledge({ ok: false, error });
      return true;
    },
  });
  const client = await clientOf(server);
  await client.send(randomUUID(), 'patient');
  const [first = 0, second = 0] = attempts;
  expect(attempts).toHaveLength(2);
  expect(second - first).toBeGreaterThanOrEqual(2_000);
});

test('closing the last subscription of a session leaves the session, closing an earlier one does not', async () => {
  const server = await startScriptedServer();
  const client = await clientOf(server);
  const id = randomUUID();
  const [one, other] = [follow(client, id, 0), follow(client, id, 0)];
  await server.until(`join-session ${id}`);
  one.subscription.close();
  // On the same connection, so what closing has sent is there before it.
  await client.send(id, 'one is left');
  expect(server.received).not.toContain(`leave-session ${id}`);
  other.subscription.close();
  await client.send(randomUUID(), 'none is left');
  expect(server.received).toContain(`leave-session ${id}`);
});

test('delays between attempts grow while the server accepts connections and drops them immediately', async () => {
  const drops: number[] = [];
  const waits: number[] = [];
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const server = await startScriptedServer({
    connected(socket) {
      const last = drops.at(-1);
      if (last !== undefined) waits.push(performance.now() - last);
      if (waits.length === 6) return finish();
      drops.push(performance.now());
      socket.conn.close();
    },
  });
  const client = newClient({
    url: server.url,
    fetch,
    socketOptions: { transports: ['websocket'], reconnectionDelay: 20, reconnectionDelayMax: 10_000 },
  });
  await client.signUp(newAccount());
  await finished;
  // Each is twice as long as the one before it, at most halved by chance.
  for (const [index, wait] of waits.entries()) expect(wait).toBeGreaterThanOrEqual(10 * 2 ** index - 1);
});

test('a client that the server disconnects renews its token before it connects again', async () => {
  let connections = 0;
  let reconnected = () => {};
  const back = new Promise<void>((resolve) => {
    reconnected = resolve;
  });
  const server = await startScriptedServer({
    connected(socket) {
      connections += 1;
      if (connections === 1) socket.disconnect();
      else reconnected();
    },
  });
  const client = newClient({ url: server.url, fetch, socketOptions: { transports: ['websocket'] } });
  await client.signUp(newAccount());
  await back;
  expect(server.received).toEqual([
    'POST /api/auth/signup',
    'connect token-1',
    'POST /api/auth/refresh',
    'connect token-2',
  ]);
});
