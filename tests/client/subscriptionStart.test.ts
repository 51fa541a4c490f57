import { randomUUID } from 'node:crypto';
import type { Message } from '../../client/src';
import { startTestServer, type TestServer } from '../support/testServer';
import { heldFetch } from './heldFetch';
import { follow, newAccount, newClient, online, type Seen, seqsOf, signedUp } from './support';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

test('a subscription closed while it starts does not recreate its deleted session', async () => {
  const id = randomUUID();
  const held = heldFetch('GET', id, 'answer');
  const client = await signedUp({ url: server.url, fetch: held.fetch });
  await online(client);
  await client.sessions.create({ id });
  const { subscription } = follow(client, id);
  await held.reached;
  subscription.close();
  await client.sessions.delete(id);
  held.release();
  const other = await client.sessions.create();
  // By now, the server has processed all earlier events of this connection.
  await client.send(other.id, 'later');
  const { sessions } = await client.sessions.list();
  expect(sessions.map((session) => session.id)).toEqual([other.id]);
});

test('a subscription opened as soon as the client is online delivers messages sent right after', async () => {
  const account = newAccount();
  const writer = newClient({ url: server.url });
  await writer.signUp(account);
  const [{ id }, other] = [await writer.sessions.create(), await writer.sessions.create()];
  const held = heldFetch('GET', id, 'request');
  const client = newClient({ url: server.url, fetch: held.fetch });
  await client.logIn(account);
  const { messages, until, sent } = await new Promise<Seen & { sent: Promise<Message> }>((resolve) => {
    client.on('connection', (state) => {
      if (state !== 'online') return;
      const seen = follow(client, id);
      resolve({ ...seen, sent: client.send(id, 'right after') });
      // Sent after it on the same connection.
      void client.send(other.id, 'other').then(held.release);
    });
  });
  await Promise.all([sent, held.answered]);
  await writer.send(id, 'later');
  await until(4);
  expect(seqsOf(messages)).toEqual([1, 2, 3, 4]);
});

test('a subscription opened before the login starts with the login', async () => {
  const account = newAccount();
  const writer = newClient({ url: server.url });
  await writer.signUp(account);
  const { id } = await writer.sessions.create();
  await writer.send(id, 'early');
  const client = newClient({ url: server.url });
  const { messages, until, ended } = follow(client, id, 0);
  await client.logIn(account);
  await until(2);
  expect(seqsOf(messages)).toEqual([1, 2]);
  await client.logOut();
  expect((await ended).code).toBe('UNAUTHENTICATED');
});
