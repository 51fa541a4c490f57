import { randomUUID } from 'node:crypto';
import { api, type ClientSocket, connect, signUp } from '../support/client';
import { connectRaw, openRaw } from '../support/rawConnection';
import { disconnection, emitAnything, send } from '../support/socketCalls';
import { startTestServer, type TestServer } from '../support/testServer';

/** Frames that break the protocol: they cost the connection. */
const BROKEN: readonly (readonly [string, readonly (string | Buffer)[]])[] = [
  ['no JSON', ['42{']],
  ['half of an event', ['42["message",{"sessionId":']],
  ['an object for an event', ['42{"message":1}']],
  ['an event whose name is an object', ['42[{}]']],
  ['an event whose name is null', ['42[null]']],
  ['a reserved event', ['42["disconnect"]']],
  ['another reserved event', ['42["newListener","x"]']],
  ['an unknown packet type', ['49']],
  ['an unknown engine packet', ['9']],
  ['an error from the client', ['44{"message":"x"}']],
  ['a second CONNECT', ['40{}']],
  ['an event in a namespace it isn’t in', ['42/admin,["message",{}]']],
  ['bytes nobody announced', [Buffer.from('bytes')]],
  ['text in the place of bytes', ['451-["message",{"_placeholder":true,"num":0}]', '42["message"]']],
  ['no count of bytes', ['45-["message"]']],
  ['a negative count of bytes', ['45-1-["message"]']],
  ['a huge count of bytes', ['45999999999-["message",{"_placeholder":true,"num":0}]']],
  ['a placeholder out of range', ['451-["message",{"_placeholder":true,"num":7}]', Buffer.from('x')]],
  ['a placeholder that is no number', ['451-["message",{"_placeholder":true,"num":"x"}]', Buffer.from('x')]],
  ['a placeholder of the prototype', ['451-["message",{"_placeholder":true,"num":-1}]', Buffer.from('x')]],
  [
    'lists too deep for its bytes',
    [`451-["message",${'['.repeat(30_000)}${']'.repeat(30_000)}]`, Buffer.from('')],
  ],
];

/** Frames that are odd and cost nothing. */
const ODD: readonly (readonly [string, readonly (string | Buffer)[]])[] = [
  ['an ack nobody asked for', ['437[1]']],
  ['an ack without anything', ['43']],
  ['an ack with bytes', ['461-7[{"_placeholder":true,"num":0}]', Buffer.from('x')]],
  ['a huge ack id', ['42999999999999999999999["message",null]']],
  ['an event without anything', ['42']],
  ['one buffer in many places', [`451-["message",${placeholders(100)}]`, Buffer.from('x')]],
];

function placeholders(count: number): string {
  return Array.from({ length: count }, () => '{"_placeholder":true,"num":0}').join();
}

let server: TestServer;
let token: string;
let bystander: string;
let good: ClientSocket;

beforeAll(async () => {
  server = await startTestServer();
  ({ token } = await signUp(server));
  ({ token: bystander } = await signUp(server));
});

beforeEach(async () => {
  good = await connect(server, bystander);
});

test.each(BROKEN)('%s ends its connection, and no other', async (_name, frames) => {
  const raw = await connectRaw(server, token);
  raw.send(...frames);
  await raw.closed;
  await send(good, randomUUID(), 'still there');
});

test.each(BROKEN)('%s before the login ends its connection, and no other', async (_name, frames) => {
  const raw = await openRaw(server);
  raw.send(...frames.filter((frame) => frame !== '40{}'), '40"no object"');
  await raw.closed;
  await send(good, randomUUID(), 'still there');
});

test.each(ODD)('%s costs nothing', async (_name, frames) => {
  const raw = await connectRaw(server, token);
  raw.send(...frames, `420["leave-session","${randomUUID()}"]`);
  expect(await raw.frame('430')).toBe('430[{"ok":true}]');
  await send(good, randomUUID(), 'still there');
});

describe.each(['websocket', 'polling'])('a frame over 64 KB, with %s', (transport) => {
  test('ends its connection, stores nothing, and disturbs no other', async () => {
    const options = { transports: [transport], reconnection: false };
    const socket = await connect(server, token, options);
    const sessionId = randomUUID();
    const ended = disconnection(socket);
    emitAnything(socket, 'message', { sessionId, content: 'x'.repeat(70_000) });
    await ended;
    await send(good, randomUUID(), 'still there');
    await api(server, token).get(`/api/sessions/${sessionId}`).expect(404);
  });
});

test('a connection that is cut in the middle of everything disturbs no other', async () => {
  const raw = await connectRaw(server, token);
  for (let id = 0; id < 50; id += 1) {
    raw.send(`42${id}["message",{"sessionId":"${randomUUID()}","content":"x"}]`);
  }
  raw.send('451-["message",{"_placeholder":true,"num":0}]');
  raw.cut();
  await send(good, randomUUID(), 'still there');
});
