import { randomUUID } from 'node:crypto';
import { buildOpenApi } from '../../src/apiDocs/openApi';
import { signUp } from '../support/client';
import request from '../support/documents/request';
import { startTestServer, type TestServer } from '../support/testServer';

/** The same for everybody, so caches may store them. */
const PUBLIC_DOCUMENTS = ['/api/openapi.json', '/api/asyncapi.json'];

let server: TestServer;
let token: string;
beforeAll(async () => {
  server = await startTestServer();
  ({ token } = await signUp(server));
});

const ROUTES = Object.entries(buildOpenApi().paths)
  .filter(([path]) => path.startsWith('/api/'))
  .flatMap(([path, operations]) => Object.keys(operations).map((method) => ({ method, path })));

/** Calls a route with ids that nobody has. */
async function call(method: string, path: string, accessToken: string) {
  const url = path.replace(/\{\w+\}/g, randomUUID());
  const calls: Record<string, ReturnType<typeof request>['get']> = request(server.url);
  const made = calls[method]?.(url);
  if (!made) throw new Error(`unknown method ${method}`);
  return made.set('Authorization', `Bearer ${accessToken}`);
}

test('the documents list the routes that this test calls', () => {
  expect(ROUTES.length).toBeGreaterThan(15);
  expect(ROUTES).toContainEqual({ method: 'get', path: '/api/sessions/{sessionId}/messages' });
});

test.each(ROUTES)('caches must not store a response of $method $path', async ({ method, path }) => {
  const expected = PUBLIC_DOCUMENTS.includes(path) ? 'no-cache' : 'no-store';
  // Some routes end the login.
  const { token: ownToken } = await signUp(server);
  for (const accessToken of [ownToken, 'invalid']) {
    const { headers } = await call(method, path, accessToken);
    expect(headers['cache-control']).toBe(expected);
  }
});

test.each([
  ['get', '/api/sessions'],
  ['get', '/API/Sessions/'],
  ['get', '/api/no/such/route'],
  ['get', '/api'],
  ['get', '/api/sessions/%ff'],
  ['head', '/api/sessions'],
  ['post', '/api/openapi.json'],
  ['put', '/api/sessions'],
])('caches must not store the response of %s %s', async (method, path) => {
  const { headers } = await call(method, path, token);
  expect(headers['cache-control']).toBe('no-store');
});

test('caches must not store a session or a page of messages that was read', async () => {
  const authorization = { Authorization: `Bearer ${token}` };
  const id = randomUUID();
  const created = await request(server.url).post('/api/sessions').set(authorization).send({ id }).expect(201);
  const session = await request(server.url).get(`/api/sessions/${id}`).set(authorization).expect(200);
  const messages = await request(server.url)
    .get(`/api/sessions/${id}/messages`)
    .set(authorization)
    .expect(200);
  for (const { headers } of [created, session, messages]) expect(headers['cache-control']).toBe('no-store');
});

test('caches must not store the response to a body that could not be parsed', async () => {
  const { headers } = await request(server.url)
    .post('/api/sessions')
    .type('json')
    .send('{"name":')
    .expect(400);
  expect(headers['cache-control']).toBe('no-store');
});
