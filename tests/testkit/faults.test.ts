import { randomUUID } from 'node:crypto';
import { io, type Socket } from 'socket.io-client';
import type { ClientToServerEvents, ServerToClientEvents } from '../../src/domain/events';
import { startTestServer, type TestServer, type TestUser } from '../../testkit/testing';
import { Changes } from '../../testkit/waiting';
import { documentedFetch } from '../support/documents/fetch';
import { documented } from '../support/documents/socket';

type ChatSocket = Socket<ServerToClientEvents, ClientToServerEvents>;

let server: TestServer;
let ada: TestUser;
let grace: TestUser;
let sessionId: string;
const sockets: ChatSocket[] = [];

beforeAll(async () => {
  server = await startTestServer();
});
beforeEach(async () => {
  [ada, grace] = await Promise.all([server.addUser(), server.addUser()]);
  sessionId = randomUUID();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.disconnect();
  await server.faults.heal();
});
afterAll(() => server.close());

/** A connected socket that doesn't reconnect, and what it has received, in order. */
async function connect({ token }: TestUser, transports = ['websocket']) {
  const socket: ChatSocket = documented(
    io(server.url, {
      auth: { token },
      transports,
      forceNew: true,
      reconnection: false,
    }),
  );
  sockets.push(socket);
  const changes = new Changes();
  const received: string[] = [];
  const receive = (what: string) => {
    received.push(what);
    changes.notify();
  };
  socket.on('message', ({ content }) => receive(`event ${content}`));
  socket.on('disconnect', () => receive('disconnect'));
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
    socket.once('disconnect', () => reject(new Error('closed before it was connected')));
  });
  return {
    received,
    send(content: string) {
      socket.emit('message', { sessionId, content }, (answer) =>
        receive(answer.ok ? `ack ${content}` : answer.error.code),
      );
    },
    until: (count: number) => changes.until(() => received.length >= count),
  };
}

function rest({ token }: TestUser, path: string, body?: object): Promise<Response> {
  return documentedFetch(`${server.url}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
}

describe.each([
  ['a WebSocket', ['websocket']],
  ['long-polling', ['polling']],
  ['long-polling that moves to a WebSocket', ['polling', 'websocket']],
])('over %s', (_name, transports) => {
  test('an acknowledgement is held while its reply passes, and passes when healed', async () => {
    const device = await connect(ada, transports);
    const fault = await server.faults.holdAck(1, ada);
    device.send('a');
    await device.until(1);
    expect(device.received).toEqual(['event a']);
    await fault.happened;
    await fault.heal();
    await device.until(2);
    expect(device.received).toEqual(['event a', 'ack a']);
  });

  test('a dropped acknowledgement closes its connection, and the message is stored', async () => {
    const device = await connect(ada, transports);
    const fault = await server.faults.dropAck(1, ada);
    device.send('a');
    await device.until(1);
    await fault.happened;
    expect(device.received).toEqual(['disconnect']);
    expect((await ada.stored())[0]).toMatchObject({ content: 'a', seq: 1 });
  });

  test('an event comes twice, the next one once', async () => {
    const device = await connect(ada, transports);
    await server.faults.deliverTwice(1, ada);
    device.send('a');
    await device.until(3);
    device.send('b');
    await device.until(5);
    expect(device.received).toEqual(['ack a', 'event a', 'event a', 'ack b', 'event b']);
  });
});

test('the nth acknowledgement is counted over sockets and REST, and refusals do not count', async () => {
  const device = await connect(ada);
  const fault = await server.faults.dropAck(3, ada);
  device.send(' ');
  device.send('a');
  await device.until(3);
  const path = `/api/sessions/${sessionId}/messages`;
  expect((await rest(ada, path, { content: '' })).status).toBe(400);
  expect((await rest(ada, path, { content: 'b' })).status).toBe(201);
  await expect(rest(ada, path, { content: 'c' })).rejects.toThrow('fetch failed');
  await fault.happened;
  expect((await ada.stored()).filter(({ sender }) => sender === 'user')).toHaveLength(3);
  await expect(server.faults.dropAck(0, ada)).rejects.toThrow('nth must be 1, 2, 3 …, not 0');
});

test('a cut link concerns its user alone: sockets, REST, login and refresh', async () => {
  const [device, other] = await Promise.all([connect(ada), connect(grace)]);
  const fault = await server.faults.cut(ada);
  await device.until(1);
  expect(device.received).toEqual(['disconnect']);
  const logIn = ({ user: { username }, password }: TestUser) =>
    rest(grace, '/api/auth/login', { username, password });
  await expect(connect(ada)).rejects.toThrow('closed before it was connected');
  await expect(rest(ada, '/api/sessions')).rejects.toThrow('fetch failed');
  await expect(logIn(ada)).rejects.toThrow('fetch failed');
  const { refreshToken } = ada;
  await expect(rest(grace, '/api/auth/refresh', { refreshToken })).rejects.toThrow('fetch failed');
  expect((await logIn(grace)).status).toBe(200);
  expect(other.received).toEqual([]);
  await fault.heal();
  expect((await rest(ada, '/api/sessions')).status).toBe(200);
  await connect(ada);
});

test('a stalled network passes everything on in order when it is healed, and closes nothing', async () => {
  const device = await connect(ada);
  const fault = await server.faults.stall(ada);
  for (const content of ['a', 'b', 'c']) device.send(content);
  expect((await rest(grace, '/api/sessions')).status).toBe(200);
  expect(await ada.stored()).toEqual([]);
  await fault.heal();
  await device.until(6);
  expect(device.received.filter((each) => each.startsWith('ack'))).toEqual(['ack a', 'ack b', 'ack c']);
});

test('a killed server loses its rooms and its port, and keeps its URL, users and messages', async () => {
  const device = await connect(ada);
  device.send('a');
  await device.until(2);
  const fault = await server.faults.kill();
  await device.until(3);
  await expect(rest(ada, '/api/sessions')).rejects.toThrow('fetch failed');
  await expect(ada.stored()).rejects.toThrow('The server is down: heal the fault that killed it first.');
  await Promise.all([fault.heal(), fault.heal()]);
  const again = await connect(ada);
  again.send('b');
  await again.until(2);
  expect((await ada.stored()).map(({ content }) => content)).toEqual(['a', 'a', 'b', 'b']);
});

test('a frozen database makes calls fail as UNAVAILABLE, and completes them when it is healed', async () => {
  const fault = await server.faults.freezeDatabase();
  const response = await rest(ada, `/api/sessions/${sessionId}/messages`, { content: 'a' });
  expect(response.status).toBe(503);
  expect(await ada.stored()).toEqual([]);
  await fault.heal();
  expect((await rest(ada, '/api/sessions')).status).toBe(200);
});

test('expired tokens are refused and disconnected, refresh tokens are not', async () => {
  const device = await connect(ada);
  await server.faults.expireTokens();
  expect(await (await rest(ada, '/api/sessions')).json()).toMatchObject({ code: 'TOKEN_EXPIRED' });
  await device.until(1);
  expect(device.received).toEqual(['disconnect']);
  const { refreshToken } = ada;
  expect((await rest(ada, '/api/auth/refresh', { refreshToken })).status).toBe(200);
});

test('a moved clock stays moved after a restart', async () => {
  const day = 86_400_000;
  await server.faults.moveClock(day);
  await server.faults.restart();
  const late = await server.addUser();
  expect(Date.parse(late.user.createdAt) - Date.now()).toBeGreaterThan(day - 60_000);
});
