import { once } from 'node:events';
import { connect } from 'node:net';
import { io } from 'socket.io-client';
import { times } from '../../testkit/builders';
import { withTimeout } from '../../testkit/waiting';
import { signUp } from '../support/client';
import { documented } from '../support/documents/socket';
import { startTestServer, type TestServer } from '../support/testServer';

/** The headers that `curl --http2` and Java's HttpClient add without TLS. */
const OFFER = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAEAAEAAAAIAAAAA'];

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});

interface Call {
  /** Method and path. */
  line: string;
  headers: readonly string[];
  body?: string;
}

function textOf({ line, headers, body = '' }: Call): string {
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  return `${[`${line} HTTP/1.1`, 'Host: x', length, ...headers].join('\r\n')}\r\n\r\n${body}`;
}

const answersIn = (text: string) => text.match(/HTTP\/1\.1 \d+/g) ?? [];

/** Sends requests one after the other over one connection, and resolves with all responses when it is closed. */
function answersTo(calls: readonly Call[]): Promise<string> {
  const { hostname, port } = new URL(server.url);
  const connection = connect(Number(port), hostname);
  const texts = calls.map(textOf);
  connection.write(texts[0] ?? '');
  return new Promise((resolve, reject) => {
    let answers = '';
    connection.on('data', (chunk) => {
      answers += String(chunk);
      const next = texts[answersIn(answers).length];
      if (answers.endsWith('}') && next !== undefined) connection.write(next);
    });
    connection.on('close', () => resolve(answers));
    connection.on('error', reject);
  });
}

test('requests that offer HTTP/2 are served over HTTP/1.1, with their bodies and in their order', async () => {
  const { token } = await signUp(server);
  const authorization = `Authorization: Bearer ${token}`;
  const headers = [...OFFER, authorization, 'Content-Type: application/json'];
  const posts = times(15, (index) => ({
    line: 'POST /api/sessions',
    headers,
    body: JSON.stringify({ name: `number ${index}` }),
  }));
  const last = { line: 'GET /api/sessions', headers: [...OFFER, authorization, 'Connection: close'] };
  const warnings = jest.spyOn(process, 'emitWarning');
  const answer = await answersTo([...posts, last]);
  expect(answersIn(answer)).toEqual([...times(15, () => 'HTTP/1.1 201'), 'HTTP/1.1 200']);
  expect(answer.match(/"name":"number \d+"/g)).toHaveLength(30);
  expect(warnings).not.toHaveBeenCalled();
});

test('pipelined requests with an offer get no response out of order', async () => {
  const { hostname, port } = new URL(server.url);
  const connection = connect(Number(port), hostname);
  connection.on('error', () => {});
  const first = { line: 'GET /api/auth/me', headers: [] };
  connection.write(textOf(first) + textOf({ line: 'GET /api/health', headers: OFFER }));
  let answers = '';
  connection.on('data', (chunk) => {
    answers += String(chunk);
  });
  await once(connection, 'close');
  expect(answersIn(answers).filter((answer) => !answer.endsWith('401'))).toEqual([]);
});

const WEBSOCKET = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

/** The status of the response to one request. Rejects if the connection is closed without a response. */
async function statusOf(call: Call): Promise<string> {
  const { hostname, port } = new URL(server.url);
  const connection = connect(Number(port), hostname);
  connection.write(textOf(call));
  try {
    const [chunk] = await withTimeout(
      Promise.race([once(connection, 'data'), once(connection, 'close')]),
      2_000,
      () => new Error(`no response to ${call.line}`),
    );
    return answersIn(String(chunk))[0] ?? `no response to ${call.line}`;
  } finally {
    connection.destroy();
  }
}

const HANDSHAKE = '?EIO=4&transport=websocket';

describe.each([
  ['a WebSocket', WEBSOCKET],
  ['a WebSocket in capitals', WEBSOCKET.map((header) => header.replace('websocket', 'WEBSOCKET'))],
  ['a WebSocket without a key', WEBSOCKET.slice(0, 2)],
  ['HTTP/2 or a WebSocket', WEBSOCKET.map((header) => header.replace(': websocket', ': h2c, websocket'))],
  ['HTTP/2', OFFER],
  ['TLS', ['Connection: Upgrade', 'Upgrade: TLS/1.2']],
  ['nothing', ['Connection: Upgrade', 'Upgrade: ']],
])('an offer of %s is answered at once', (_offer, headers) => {
  test.each([
    '/socket.io',
    `/socket.io${HANDSHAKE}`,
    '/socket.io?EIO=4&transport=polling',
    `/socket.iox/${HANDSHAKE}`,
    `/socket.io.js${HANDSHAKE}`,
    `/socket.io%2F${HANDSHAKE}`,
    `/Socket.IO/${HANDSHAKE}`,
    `//socket.io/${HANDSHAKE}`,
    `/api/socket.io/${HANDSHAKE}`,
    `http://x/socket.io/${HANDSHAKE}`,
    '/socket.',
    '/elsewhere',
    '/',
    '*',
  ])('to %s with NOT_FOUND', async (path) => {
    expect(await statusOf({ line: `GET ${path}`, headers })).toBe('HTTP/1.1 404');
  });

  test.each([
    '/socket.io/',
    '/socket.io/?EIO=4',
    '/socket.io/?EIO=4&transport=',
    '/socket.io/?EIO=4&transport=webtransport',
    '/socket.io/?EIO=4&transport=constructor',
    '/socket.io/?EIO=4&transport=websocket&sid=unknown',
    '/socket.io/?EIO=4&transport=polling&sid=unknown',
  ])('to %s with a bad request', async (path) => {
    expect(await statusOf({ line: `GET ${path}`, headers })).toBe('HTTP/1.1 400');
  });

  test.each(['POST', 'PUT', 'OPTIONS', 'HEAD', 'DELETE'])('with any status to %s', async (method) => {
    for (const path of ['/socket.io/', '/socket.io', `/socket.io/${HANDSHAKE}`, '/healthz']) {
      expect(await statusOf({ line: `${method} ${path}`, headers })).toMatch(/^HTTP/);
    }
  });
});

test.each(['/socket.io/', '/socket.io/any/path'])('a WebSocket is accepted at %s', async (path) => {
  const line = `GET ${path}${HANDSHAKE}`;
  expect(await statusOf({ line, headers: WEBSOCKET })).toBe('HTTP/1.1 101');
});

test.each([
  ['EIO=3&transport=websocket', 400],
  ['EIO=5&transport=websocket', 400],
  ['transport=websocket', 400],
  ['EIO=3&transport=polling', 400],
  ['EIO=4&transport=websocket&transport=polling', 200],
  ['EIO=4&transport=polling', 200],
])('a WebSocket is not confirmed before %s is rejected or served', async (query, status) => {
  const line = `GET /socket.io/?${query}`;
  expect(await statusOf({ line, headers: WEBSOCKET })).toBe(`HTTP/1.1 ${status}`);
});

test('polling works for clients that offer HTTP/2', async () => {
  const line = 'GET /socket.io/?EIO=4&transport=polling';
  const answer = await answersTo([{ line, headers: [...OFFER, 'Connection: close'] }]);
  expect(answersIn(answer)).toEqual(['HTTP/1.1 200']);
  expect(answer).toContain('0{"sid":');
});

test('a WebSocket request to another path is NOT_FOUND, and its connection is closed', async () => {
  const answer = await answersTo([{ line: 'GET /elsewhere', headers: WEBSOCKET }]);
  expect(answersIn(answer)).toEqual(['HTTP/1.1 404']);
  expect(answer).toContain('"code":"NOT_FOUND"');
  expect(answer.toLowerCase()).toContain('connection: close');
});

test('Socket.IO clients without a trailing slash fail at once, with both transports', async () => {
  for (const transport of ['websocket', 'polling']) {
    const options = { addTrailingSlash: false, transports: [transport], reconnection: false };
    const socket = documented(io(server.url, options));
    expect(await new Promise((resolve) => socket.once('connect_error', resolve))).toBeInstanceOf(Error);
    socket.close();
  }
});
