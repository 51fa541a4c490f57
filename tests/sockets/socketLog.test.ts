import { randomUUID } from 'node:crypto';
import { times } from '../../testkit/builders';
import { breakSessions } from '../support/breakSessions';
import { api, connect, newSocket, signUp } from '../support/client';
import { documentedFetch } from '../support/documents/fetch';
import { type LogEntry, recordLog } from '../support/recordLog';
import { ask, askAnything, refusalOf } from '../support/socketCalls';
import { startTestServer, testOfOneNode } from '../support/testServer';

const INFO = 30;
const WARN = 40;
const DEBUG = 20;
const ERROR = 50;

async function start(level: 'info' | 'debug') {
  const log = recordLog(level);
  const server = await startTestServer({ parts: { logger: log.logger } });
  return { server, log, said: (text: string) => log.entry(({ msg }) => msg === text) };
}

const isOfSocket = ({ socketId }: LogEntry) => socketId !== undefined;

test('a socket is a line when it comes and one when it goes, however much it says', async () => {
  const { server, log, said } = await start('info');
  const { user, token } = await signUp(server);
  const { body } = await api(server, token).get('/api/auth/logins').expect(200);
  const socket = await connect(server, token);
  const who = { level: INFO, socketId: socket.id, userId: user.id, loginId: body.logins[0].id };
  expect(await said('socket connected')).toMatchObject(who);
  const sessionId = randomUUID();
  for (const content of ['one', 'two', 'three']) await ask(socket, { sessionId, content });
  await askAnything(socket, 'message', { sessionId });
  await askAnything(socket, 'no such event');
  socket.disconnect();
  expect(await said('socket disconnected')).toMatchObject({
    ...who,
    reason: 'client namespace disconnect',
  });
  expect(log.entries().filter(isOfSocket)).toHaveLength(2);
});

test('a refused socket is a line with the code', async () => {
  const { server, said } = await start('info');
  await refusalOf(newSocket(server, 'no token', { reconnection: false }));
  expect(await said('handshake refused')).toMatchObject({
    level: INFO,
    socketId: expect.any(String),
    code: 'UNAUTHENTICATED',
  });
});

testOfOneNode(
  'a refused origin is logged once, by REST or socket, with the line that allows it',
  async () => {
    const { server, log, said } = await start('info');
    const { token } = await signUp(server);
    const fromPage = (origin: string) =>
      documentedFetch(`${server.url}/api/auth/me`, { headers: { Origin: origin } }).then(
        ({ status }) => status,
      );
    const connectFrom = (origin: string) =>
      refusalOf(newSocket(server, token, { extraHeaders: { Origin: origin }, reconnection: false }));
    await connectFrom('https://forgotten.example');
    await connectFrom('https://forgotten.example');
    expect(await fromPage('https://forgotten.example')).toBe(401);
    await fromPage('https://other.example:8443');
    await fromPage(server.url);
    await fromPage('http://localhost:3000');
    await fromPage('null');
    await said('origin refused');
    const warnings = log.entries().filter(({ msg }) => String(msg).startsWith('origin refused'));
    expect(warnings).toEqual([
      expect.objectContaining({
        level: WARN,
        msg: 'origin refused; if it is your front end, put the line into .env',
        origin: 'https://forgotten.example',
        line: 'CORS_ORIGIN=http://localhost:3000,https://forgotten.example',
      }),
      expect.objectContaining({ line: 'CORS_ORIGIN=http://localhost:3000,https://other.example:8443' }),
      expect.objectContaining({ msg: 'origin refused', origin: 'null' }),
    ]);
  },
);

testOfOneNode('origins that clients make up don’t fill the log', async () => {
  const { server, log } = await start('info');
  const from = (origin: string) =>
    documentedFetch(`${server.url}/api/auth/me`, { headers: { Origin: origin } });
  await from(`https://${'a'.repeat(300)}.example`);
  await from('https://a.example $(reboot)');
  for (const index of times(110, Number)) await from(`https://${index}.example`);
  const warnings = log.entries().filter(({ msg }) => String(msg).startsWith('origin refused'));
  expect(warnings).toHaveLength(100);
  expect(warnings.slice(0, 2).map(({ line }) => line)).toEqual([undefined, undefined]);
});

test('a refused event is for debugging, and named only if the server knows it', async () => {
  const { server, log } = await start('debug');
  const { token } = await signUp(server);
  const socket = await connect(server, token);
  await askAnything(socket, 'message', {});
  await askAnything(socket, token);
  const refused = log.entries().filter(({ msg }) => msg === 'event refused');
  expect(refused).toEqual([
    expect.objectContaining({
      level: DEBUG,
      socketId: socket.id,
      event: 'message',
      code: 'VALIDATION_FAILED',
    }),
    expect.not.objectContaining({ event: expect.anything() }),
  ]);
});

testOfOneNode('an event that fails is an error with its cause', async () => {
  const { server, said } = await start('info');
  const { token } = await signUp(server);
  const socket = await connect(server, token);
  breakSessions(server.database);
  await ask(socket, { sessionId: randomUUID(), content: 'Hello' });
  const entry = await said('event failed');
  expect(entry).toMatchObject({
    level: ERROR,
    socketId: socket.id,
    event: 'message',
    code: 'INTERNAL',
  });
  expect(JSON.stringify(entry.err)).toContain('no such table');
});
