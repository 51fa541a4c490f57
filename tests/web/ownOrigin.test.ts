import { connect, newSocket, signUp } from '../support/client';
import request from '../support/documents/request';
import { refusalOf } from '../support/socketCalls';
import type { TestServer } from '../support/testServer';
import { startPageServer } from './pageServer';

/** The page's request behind a TLS proxy: the origin is the proxy's, and `Host` is kept. */
const behindProxy = (Host: string) => ({ Origin: 'https://chat.example.com', Host });
const HOSTS = ['chat.example.com', 'chat.example.com:443', 'Chat.Example.com'];

let server: TestServer;
let token: string;

beforeAll(async () => {
  server = await startPageServer(['https://other.example']);
  ({ token } = await signUp(server));
});

test.each(HOSTS)('the page may call and connect behind a proxy that keeps Host: %s', async (host) => {
  await request(server.url)
    .post('/api/sessions')
    .set({ ...behindProxy(host), Authorization: `Bearer ${token}` })
    .send({})
    .expect(201);
  const socket = await connect(server, token, { extraHeaders: behindProxy(host) });
  expect(socket.connected).toBe(true);
});

test.each(['chat.example.com:8443', 'chat.example.com.evil.example', 'evil.example', 'chat.example.com:80'])(
  'a page of another host may not connect: %s',
  async (host) => {
    const options = { extraHeaders: behindProxy(host), reconnection: false };
    expect((await refusalOf(newSocket(server, token, options))).data).toBeUndefined();
  },
);
