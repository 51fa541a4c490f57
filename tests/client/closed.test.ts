import { once } from 'node:events';
import { createServer } from 'node:net';
import { memoryStorage } from '../../client/src';
import { freePort } from '../../testkit/serverProcess';
import { startTestServer, type TestServer } from '../support/testServer';
import { heldFetch } from './heldFetch';
import { newAccount, newClient, signedUp } from './support';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

describe('a closed client', () => {
  test('does not connect after a login in progress', async () => {
    const account = newAccount();
    await newClient({ url: server.url }).signUp(account);
    const held = heldFetch('POST', '/api/auth/login', 'answer');
    const client = newClient({ url: server.url, fetch: held.fetch });
    const told: unknown[] = [];
    client.on('connection', (state) => void told.push(state));
    client.on('user', (user) => void told.push(user));
    const loggedIn = client.logIn(account);
    await held.reached;
    client.close();
    held.release();
    await loggedIn;
    expect([client.connection, told]).toEqual(['offline', []]);
  });

  test('cancels a connection attempt', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const storage = memoryStorage();
    const first = await signedUp({ url: server.url, storage });
    first.close();
    storage.setItem(`smart-chat ${url} login`, storage.getItem(`smart-chat ${server.url} login`) ?? '');
    const silent = createServer().listen(Number(new URL(url).port), '127.0.0.1');
    const connected = once(silent, 'connection');
    const client = newClient({ url, storage, socketOptions: { transports: ['websocket'] } });
    const [socket] = await connected;
    const ended = once(socket.resume(), 'close');
    client.close();
    await ended;
    silent.close();
  }, 5_000);
});
