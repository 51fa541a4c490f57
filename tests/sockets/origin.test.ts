import { connect, newSocket, signUp } from '../support/client';
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
});
