import { randomUUID } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { signUp } from '../support/client';
import { startTestServer, type TestServer } from '../support/testServer';

const CHUNKED = { 'Transfer-Encoding': 'chunked' };
const JSON_TYPE = { 'Content-Type': 'application/json' };

let server: TestServer;
let token: string;
let path: string;
beforeAll(async () => {
  server = await startTestServer();
  ({ token } = await signUp(server));
  path = `/api/sessions/${randomUUID()}/messages`;
});

/** Sends exactly these headers, besides the token; `fetch` and supertest add some of their own. */
async function call(
  method: string,
  url: string,
  headers: Record<string, string>,
  ...chunks: (string | Buffer)[]
) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sending = httpRequest(`${server.url}${url}`, {
      method,
      headers: { Authorization: `Bearer ${token}`, ...headers },
    });
    sending.once('response', resolve).once('error', reject);
    for (const chunk of chunks) sending.write(chunk);
    sending.end();
  });
  return {
    status: response.statusCode,
    body: response.statusCode === 204 ? undefined : await json(response),
  };
}

describe('a body without bytes is no body, whatever the headers say', () => {
  test.each([
    ['chunked', CHUNKED],
    ['chunked, as JSON', { ...CHUNKED, ...JSON_TYPE }],
    ['chunked, as another type', { ...CHUNKED, 'Content-Type': 'application/octet-stream' }],
    ['chunked, in another charset', { ...CHUNKED, 'Content-Type': 'application/json; charset=latin1' }],
    ['of the length 0', { 'Content-Length': '0' }],
    ['of the length 0, as another type', { 'Content-Length': '0', 'Content-Type': 'text/plain' }],
    [
      'of the length 0, in another charset',
      { 'Content-Length': '0', 'Content-Type': 'application/json; charset=x' },
    ],
  ])('%s', async (_kind, headers) => {
    expect(await call('POST', '/api/sessions', headers)).toMatchObject({ status: 201, body: { name: null } });
    expect(await call('GET', '/api/sessions?limit=1', headers)).toMatchObject({ status: 200 });
    expect(await call('GET', '/api/auth/me', headers)).toMatchObject({ status: 200 });
    expect(await call('DELETE', `/api/sessions/${randomUUID()}`, headers)).toMatchObject({ status: 404 });
    expect(await call('POST', path, headers)).toMatchObject({ body: { code: 'VALIDATION_FAILED' } });
  });

  test('also the body of a logout', async () => {
    const login = await signUp(server);
    const headers = { ...CHUNKED, Authorization: `Bearer ${login.token}` };
    expect(await call('POST', '/api/auth/logout', headers)).toMatchObject({ status: 204 });
  });
});

describe('a body with bytes', () => {
  const text = JSON.stringify({ content: 'Hellö' });
  const stored = { status: 201, body: { message: { content: 'Hellö' } } };

  test('is taken in chunks', async () => {
    const headers = { ...CHUNKED, ...JSON_TYPE };
    expect(await call('POST', path, headers, text.slice(0, 5), text.slice(5))).toMatchObject(stored);
    const compressed = { ...headers, 'Content-Encoding': 'gzip' };
    expect(await call('POST', path, compressed, gzipSync(text))).toMatchObject(stored);
  });

  test('needs its type, also in chunks', async () => {
    const refused = { status: 415, body: { code: 'UNSUPPORTED_MEDIA_TYPE' } };
    expect(await call('POST', path, CHUNKED, text)).toMatchObject(refused);
    expect(await call('POST', path, { ...CHUNKED, 'Content-Type': 'text/plain' }, text)).toMatchObject(
      refused,
    );
  });

  test('may begin with a byte order mark', async () => {
    expect(await call('POST', path, { ...CHUNKED, ...JSON_TYPE }, `\ufeff${text}`)).toMatchObject(stored);
  });

  test.each([
    'charset=utf-8',
    'charset=utf8',
    'Charset="UTF8"',
    'charset=UTF-8',
    'profile=x;charset=utf8',
    'charset=',
  ])('is UTF-8 with %s', async (parameter) => {
    const headers = { ...CHUNKED, 'Content-Type': `application/json; ${parameter}` };
    expect(await call('POST', path, headers, text)).toMatchObject(stored);
  });

  test.each(['utf-16', 'utf-16le', 'utf-7', 'utf', 'latin1', 'utf-8x'])(
    'is refused as %s',
    async (charset) => {
      const headers = { ...CHUNKED, 'Content-Type': `application/json; charset=${charset}` };
      expect(await call('POST', path, headers, '{"content":"Hello"}')).toMatchObject({ status: 415 });
    },
  );
});
