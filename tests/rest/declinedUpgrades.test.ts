import { once } from 'node:events';
import { connect } from 'node:net';
import { times } from '../../testkit/builders';
import { signUp } from '../support/client';
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

test('a WebSocket request to another path is NOT_FOUND', async () => {
  const headers = ['Connection: Upgrade', 'Upgrade: websocket', 'Connection: close'];
  const answer = await answersTo([{ line: 'GET /elsewhere', headers }]);
  expect(answersIn(answer)).toEqual(['HTTP/1.1 404']);
  expect(answer).toContain('"code":"NOT_FOUND"');
});
