import request from '../support/documents/request';
import { startTestServer, type TestServer } from '../support/testServer';

const ALLOWED = ['https://chat.example', 'http://localhost:3000'];

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ config: { corsOrigins: ALLOWED } });
});

test.each(['/healthz', '/api/auth/me', '/no/such/route'])('%s has the protective headers', async (path) => {
  const { headers } = await request(server.url).get(path);
  expect(headers).toMatchObject({
    'content-security-policy': expect.stringContaining("default-src 'self'"),
    'strict-transport-security': expect.stringContaining('max-age='),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'SAMEORIGIN',
    'referrer-policy': 'no-referrer',
  });
  expect(headers).not.toHaveProperty('x-powered-by');
});

const preflight = (url: string, origin: string) =>
  request(url).options('/api/sessions').set({
    Origin: origin,
    'Access-Control-Request-Method': 'PATCH',
    'Access-Control-Request-Headers': 'authorization',
  });

test.each(ALLOWED)('a page of %s may call', async (origin) => {
  const { headers } = await request(server.url).get('/api/sessions').set('Origin', origin).expect(401);
  expect(headers).toMatchObject({
    'access-control-allow-origin': origin,
    'access-control-expose-headers':
      'X-Request-Id,Content-Disposition,Retry-After,RateLimit,RateLimit-Policy',
    vary: expect.stringContaining('Origin'),
  });
  const { headers: allowed } = await preflight(server.url, origin).expect(204);
  expect(allowed).toMatchObject({
    'access-control-allow-origin': origin,
    'access-control-allow-methods': expect.stringContaining('PATCH'),
    'access-control-allow-headers': 'authorization',
  });
});

test.each([
  'https://evil.example',
  'null',
  'https://chat.example.evil.example',
  'https://chat.example:8443',
  'http://chat.example',
])('a page of %s may not', async (origin) => {
  const answer = await request(server.url).get('/readyz').set('Origin', origin).expect(200);
  expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  expect((await preflight(server.url, origin)).headers).not.toHaveProperty('access-control-allow-origin');
});

test('with * a page of any origin may call', async () => {
  const open = await startTestServer({ config: { corsOrigins: ['*'] } });
  const { headers } = await request(open.url)
    .get('/healthz')
    .set('Origin', 'https://any.example')
    .expect(200);
  expect(headers).toMatchObject({ 'access-control-allow-origin': '*' });
  expect(headers).not.toHaveProperty('access-control-allow-credentials');
});
