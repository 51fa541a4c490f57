import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { breakSessions } from '../support/breakSessions';
import { api, PASSWORD, signUp } from '../support/client';
import request from '../support/documents/request';
import { HeldStore } from '../support/heldStore';
import { type LogEntry, recordLog } from '../support/recordLog';
import { startTestServer } from '../support/testServer';
import { authCalls } from './support';

const INFO = 30;
const DEBUG = 20;
const ERROR = 50;

/** The properties that every entry of a request has. */
const ENTRY = {
  time: expect.any(String),
  pid: expect.any(Number),
  hostname: expect.any(String),
  ms: expect.any(Number),
};

async function start(level: 'info' | 'debug' = 'info') {
  const log = recordLog(level);
  const server = await startTestServer({ parts: { logger: log.logger } });
  const of = (requestId: string | undefined) => log.entry((entry) => entry.requestId === requestId);
  return { server, log, of };
}

test('a request is logged in one line: method, route, status, time, id and user', async () => {
  const { server, log, of } = await start();
  const { user, token } = await signUp(server);
  const path = `/api/sessions/${randomUUID()}/messages`;
  const sent = await api(server, token).post(path, { content: 'Hello' }).expect(201);
  const requestId = sent.get('X-Request-Id');
  expect(await of(requestId)).toEqual({
    ...ENTRY,
    level: INFO,
    msg: 'request completed',
    requestId,
    method: 'POST',
    route: '/api/sessions/:sessionId/messages',
    status: 201,
    userId: user.id,
  });
  expect(log.lines).toHaveLength(2);
});

test('a rejected request is logged with its code', async () => {
  const { server, of } = await start();
  const wrong = await authCalls(server).logIn('nobody@example.com', PASSWORD).expect(401);
  expect(await of(wrong.body.requestId)).toMatchObject({
    level: INFO,
    route: '/api/auth/login',
    status: 401,
    code: 'INVALID_CREDENTIALS',
  });
});

test.each([
  ['rejected by a router before its routes', '/API/sessions/x?limit=5', '/api/sessions/*'],
  ['a route of a router at its own path', '/api/sessions', '/api/sessions'],
  ['not matched by a route', '/api/sessionsX/secret', null],
  ['not matched by a router', '/secret', null],
])('the route is a pattern, never what the client wrote: %s', async (_what, path, route) => {
  const { server, of } = await start();
  const token = route === '/api/sessions' ? (await signUp(server)).token : '';
  const answer = await request(server.url).get(path).set('Authorization', `Bearer ${token}`);
  const entry = await of(answer.get('X-Request-Id'));
  expect(entry.route).toBe(route);
  expect(JSON.stringify(entry)).not.toMatch(/limit=5|secret|API/);
});

test('a failure of the server is logged as one error, with its cause', async () => {
  const { server, log, of } = await start();
  const { user, token } = await signUp(server);
  breakSessions(server.database);
  const failed = await api(server, token).get('/api/sessions').expect(500);
  const entry = await of(failed.body.requestId);
  expect(entry).toMatchObject({
    level: ERROR,
    route: '/api/sessions',
    status: 500,
    code: 'INTERNAL',
    userId: user.id,
  });
  expect(JSON.stringify(entry.err)).toContain('no such table');
  expect(log.entries().filter(({ requestId }) => requestId !== undefined)).toHaveLength(2);
});

test('health checks are logged at debug', async () => {
  const { server, of } = await start('debug');
  for (const path of ['/healthz', '/readyz']) {
    const answer = await request(server.url).get(path).expect(200);
    expect(await of(answer.get('X-Request-Id'))).toMatchObject({ level: DEBUG, route: path });
  }
});

test('a client that disconnects before the response is logged, too', async () => {
  const { server, log } = await start();
  const { token } = await signUp(server);
  const { hostname, port } = new URL(server.url);
  const connection = connectTcp(Number(port), hostname);
  await once(connection, 'connect');
  const head = `POST /api/sessions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n`;
  const expectation = 'Expect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n';
  connection.write(head + expectation);
  await once(connection, 'data');
  connection.destroy();
  const isGivenUp = ({ status }: LogEntry) => status === null;
  expect(await log.entry(isGivenUp)).toMatchObject({ level: INFO, method: 'POST', status: null });
});

test('pipelined requests whose connection is lost are all logged, and none stays in flight', async () => {
  const log = recordLog('info');
  const store = new HeldStore();
  const server = await startTestServer({ parts: { logger: log.logger }, wrapStore: store.wrap });
  const { token } = await signUp(server);
  const { hostname, port } = new URL(server.url);
  const connection = connectTcp(Number(port), hostname);
  const routes = ['/api/auth/me', '/api/auth/logins'];
  const lookUps = routes.map(() => store.hold('findLogin', 'call'));
  const head = `Host: x\r\nAuthorization: Bearer ${token}\r\n\r\n`;
  connection.write(routes.map((path) => `GET ${path} HTTP/1.1\r\n${head}`).join(''));
  await Promise.all(lookUps.map(({ reached }) => reached));
  expect(await server.scrape()).toMatch(/^chat_in_flight 2$/m);
  connection.destroy();
  for (const path of routes) {
    expect(await log.entry(({ route }) => route === path)).toMatchObject({ level: INFO, status: null });
  }
  expect(await server.scrape()).toMatch(/^chat_in_flight 0$/m);
  for (const lookUp of lookUps) lookUp.release();
});
