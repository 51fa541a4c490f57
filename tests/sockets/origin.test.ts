import { connect, newSocket, signUp } from '../support/client';
import { documentedFetch } from '../support/documents/fetch';
import { refusalOf } from '../support/socketCalls';
import { startTestServer, type TestServer } from '../support/testServer';

const ALLOWED = ['http://localhost:3000', 'https://chat.example.com'];
const FOREIGN = [
  'https://evil.example',
  'https://chat.example.com.evil.example',
  'http://chat.example.com',
  'null',
  '',
];
const LOOPBACK = [
  'http://localhost:5173',
  'https://localhost',
  'http://app.localhost:8080',
  'http://127.0.0.1:4321',
  'http://127.8.9.10',
  'http://[::1]:3000',
];
const LIKE_LOOPBACK = [
  'http://localhost.evil.example',
  'http://127.0.0.1.evil.example:80',
  'http://evil.example:127',
  'http://notlocalhost:3000',
  'http://128.0.0.1',
  'http://192.168.0.2:3000',
  'http://[::2]:3000',
  'http://localhost:3000.evil.example',
];

describe.each(['websocket', 'polling'])('the origin of a handshake, with %s', (transport) => {
  let server: TestServer;
  let token: string;

  beforeAll(async () => {
    server = await startTestServer({ config: { corsOrigins: ALLOWED } });
    ({ token } = await signUp(server));
  });

  const from = (origin: string) => ({ transports: [transport], extraHeaders: { Origin: origin } });

  test('may be missing: whoever isn’t a browser has none', async () => {
    const socket = await connect(server, token, { transports: [transport] });
    expect(socket.connected).toBe(true);
  });

  test.each(ALLOWED)('may be on the list: %s', async (origin) => {
    const socket = await connect(server, token, from(origin));
    expect(socket.connected).toBe(true);
  });

  test('may be the server’s own', async () => {
    const socket = await connect(server, token, from(server.url));
    expect(socket.connected).toBe(true);
  });

  test.each(FOREIGN)('may not be another one: "%s"', async (origin) => {
    const refusal = await refusalOf(newSocket(server, token, { ...from(origin), reconnection: false }));
    expect(refusal.data).toBeUndefined();
  });

  test('may be any where CORS_ORIGIN is *', async () => {
    const open = await startTestServer({ config: { corsOrigins: ['*'] } });
    const { token: otherToken } = await signUp(open);
    const socket = await connect(open, otherToken, from('https://evil.example'));
    expect(socket.connected).toBe(true);
  });

  describe('outside production', () => {
    let development: TestServer;
    beforeAll(async () => {
      development = await startTestServer({ config: { corsOrigins: ALLOWED, loopbackOrigins: true } });
      ({ token } = await signUp(development));
    });

    test.each(LOOPBACK)('may be any of loopback: %s', async (origin) => {
      expect((await connect(development, token, from(origin))).connected).toBe(true);
    });

    test.each([...FOREIGN, ...LIKE_LOOPBACK])('may not be another one: "%s"', async (origin) => {
      await refusalOf(newSocket(development, token, { ...from(origin), reconnection: false }));
    });
  });
});

describe.each(['/api/auth/me', '/api/sessions'])('outside production, %s', (path) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ config: { corsOrigins: ALLOWED, loopbackOrigins: true } });
  });
  const allowedOrigin = async (origin: string) =>
    (await documentedFetch(server.url + path, { headers: { Origin: origin } })).headers.get(
      'access-control-allow-origin',
    );

  test.each([...ALLOWED, ...LOOPBACK])('may be read by a page of %s', async (origin) => {
    expect(await allowedOrigin(origin)).toBe(origin);
  });

  test.each([...FOREIGN, ...LIKE_LOOPBACK])('may not be read by a page of "%s"', async (origin) => {
    expect(await allowedOrigin(origin)).toBeNull();
  });
});
