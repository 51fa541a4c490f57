import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { api, signUp } from '../support/client';
import request from '../support/documents/request';
import { startTestServer, type TestServer } from '../support/testServer';
import { authCalls, expectProblem } from './support';

let server: TestServer;
let token: string;
beforeAll(async () => {
  server = await startTestServer();
  ({ token } = await signUp(server));
});

/** Sends bytes unchanged, whatever the headers say. */
function sendRaw(bytes: Buffer | string, headers: Record<string, string> = {}) {
  return request(server.url)
    .post(`/api/sessions/${randomUUID()}/messages`)
    .set({ Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', ...headers })
    .serialize((body) => body)
    .send(bytes);
}

describe('a body that is not JSON is MALFORMED_JSON', () => {
  test.each([
    ['cut off', '{"content":"Hel'],
    ['with a trailing comma', '{"content":"Hello",}'],
    ['with single quotes', "{'content':'Hello'}"],
    ['a string', '"Hello"'],
    ['a number', '42'],
    ['null', 'null'],
    ['a form', 'content=Hello'],
    ['markup', '<content>Hello</content>'],
    ['two values', '{"content":"Hello"}{"content":"Hello"}'],
    ['a raw control character', '{"content":"a\u0001b"}'],
    ['bytes that are no UTF-8', Buffer.from('{"content":"Hell\u00f6"}', 'latin1')],
    ['an overlong form of a character', Buffer.from('7b22636f6e74656e74223a22c0af227d', 'hex')],
    ['half of a surrogate pair in UTF-8', Buffer.from('7b22636f6e74656e74223a22eda0bd227d', 'hex')],
  ])('%s', async (_what, bytes) => {
    expectProblem(await sendRaw(bytes), 'MALFORMED_JSON');
    const { body } = await api(server, token).get('/api/sessions').expect(200);
    expect(body.sessions).toEqual([]);
  });
});

describe('a body of another type is UNSUPPORTED_MEDIA_TYPE', () => {
  test.each([
    ['text', { 'Content-Type': 'text/plain' }],
    ['a form', { 'Content-Type': 'application/x-www-form-urlencoded' }],
    ['a form with files', { 'Content-Type': 'multipart/form-data; boundary=x' }],
    ['what only sounds like it', { 'Content-Type': 'application/jsonp' }],
    ['no type at all', { 'Content-Type': '' }],
    ['an unknown charset', { 'Content-Type': 'application/json; charset=x-unknown' }],
    ['a charset that is not Unicode', { 'Content-Type': 'application/json; charset=latin1' }],
    ['an unknown compression', { 'Content-Encoding': 'x-unknown' }],
  ])('%s', async (_what, headers) => {
    expectProblem(await sendRaw('{"content":"Hello"}', headers), 'UNSUPPORTED_MEDIA_TYPE');
  });

  test('the charset UTF-8 is accepted in any case', async () => {
    const type = { 'Content-Type': 'Application/JSON; Charset="UTF-8"' };
    await sendRaw('{"content":"Hellö"}', type).expect(201);
  });
});

describe('a body over 64 KB is PAYLOAD_TOO_LARGE', () => {
  const tooLong = JSON.stringify({ content: 'Hello', padding: 'x'.repeat(65_536) });

  test('uncompressed', async () => {
    expectProblem(await sendRaw(tooLong), 'PAYLOAD_TOO_LARGE');
  });

  test('after decompression', async () => {
    const response = await sendRaw(gzipSync(tooLong), { 'Content-Encoding': 'gzip' });
    expectProblem(response, 'PAYLOAD_TOO_LARGE');
  });

  test('and a body of exactly 64 KB is not', async () => {
    const empty = JSON.stringify({ content: 'Hello', padding: '' });
    const body = empty.replace('""', `"${'x'.repeat(65_536 - empty.length)}"`);
    await sendRaw(body).expect(201);
  });
});

test('a value nested as deeply as the limit allows is an invalid value', async () => {
  const deep = `${'['.repeat(32_000)}${']'.repeat(32_000)}`;
  expectProblem(await sendRaw(`{"content":${deep}}`), 'VALIDATION_FAILED', ['content']);
});

test('a body that is not compressed as its header says is a problem', async () => {
  const response = await sendRaw('{"content":"Hello"}', { 'Content-Encoding': 'gzip' });
  expectProblem(response, 'VALIDATION_FAILED');
});

describe('a request without a route is NOT_FOUND', () => {
  test.each([
    ['get', '/'],
    ['get', '/api'],
    ['get', '/api/auth'],
    ['get', '/api/auth/login'],
    ['put', '/api/auth/login'],
    ['get', '/api/unknown'],
    ['get', '/favicon.ico'],
    ['get', '/..%2f..%2fetc/passwd'],
    ['post', '/healthz'],
    ['get', '/%3Cscript%3E'],
  ] as const)('%s %s', async (method, path) => {
    const response = await request(server.url)[method](path);
    expectProblem(response, 'NOT_FOUND');
    expect(response.body.instance).toBe(path);
  });
});

test('a path that is not UTF-8 is a problem', async () => {
  expectProblem(await api(server, token).get('/api/sessions/%ff'), 'VALIDATION_FAILED');
  expectProblem(await api(server, token).get('/api/sessions/%'), 'VALIDATION_FAILED');
});

test('the instance is the path without the query, however deep the route', async () => {
  const { body } = await api(server, token).get('/api/sessions/x/messages?limit=5').expect(400);
  expect(body.instance).toBe('/api/sessions/x/messages');
  const { body: refused } = await authCalls(server).logIn('nobody@example.com', 'x').expect(401);
  expect(refused.instance).toBe('/api/auth/login');
});

test('every response has its own request id', async () => {
  const answers = await Promise.all([1, 2, 3].map(() => request(server.url).get('/healthz').expect(200)));
  expect(new Set(answers.map((answer) => answer.get('X-Request-Id'))).size).toBe(3);
  const forged = await request(server.url).get('/healthz').set('X-Request-Id', 'mine').expect(200);
  expect(forged.get('X-Request-Id')).not.toBe('mine');
});
