import { randomUUID } from 'node:crypto';
import { createConnection } from 'mongoose';
import { createApplication } from '../../src/application';
import { ChatError } from '../../src/domain/errors';
import { NodeRefused } from '../../src/fleet/nodes';
import { openMongoStore } from '../../src/stores/mongo/store';
import { createLogger } from '../../src/utils/logger';
import { newExchange, times } from '../../testkit/builders';
import { TEST_CONFIG } from '../../testkit/server';
import {
  endProcesses,
  type ServerProcess,
  startProcess,
  stopProcess,
  TEST_ENVIRONMENT,
} from '../../testkit/serverProcess';
import { pollUntil } from '../../testkit/waiting';
import { present, readAll } from '../contract/storeFixture';
import { api, connect, newSocket, record, signUp } from '../support/client';
import { describeWithMongo } from '../support/describeWithMongo';
import { startFleet, stopNode, untilBeats } from '../support/fleet';
import { HeldStore } from '../support/heldStore';
import { builtTestProgram } from '../support/serverBuild';
import { ask, disconnection, join, send } from '../support/socketCalls';
import { mongoUrlForTest } from '../support/testMongo';
import { newTestFolder } from '../support/testServer';

/** Longer than a pause of the garbage collector. */
const FROZEN_MS = 3_500;
/** Enough for a check of all positions on each node. */
const CHECK_BEATS = 8;

afterAll(endProcesses);

/** Starts nodes in processes of their own, named node-0, node-1 … */
async function startNodes(count: number, beatMs: number, ...options: string[]) {
  const mongoUrl = present(mongoUrlForTest());
  const start = (index: number, ...others: string[]): ServerProcess =>
    startProcess(newTestFolder(), { ...TEST_ENVIRONMENT, DATABASE_URL: mongoUrl, NODE_ID: `node-${index}` }, [
      builtTestProgram('tests/fleet/node'),
      String(beatMs),
      ...options,
      ...others,
    ]);
  const nodes = [];
  for (const index of times(count, (i) => i)) {
    const node = start(index);
    nodes.push({ ...node, url: await node.listening });
  }
  return { mongoUrl, nodes, start };
}

describeWithMongo('guarantee 13: whatever happens to a node', () => {
  test('a reply that a killed node was making is made by another one, once', async () => {
    const { mongoUrl, nodes } = await startNodes(3, 250);
    const [first, second] = [present(nodes[0]), present(nodes[1])];
    const { token, user } = await signUp(first);
    const [phone, laptop] = [await connect(first, token), await connect(second, token)];
    const sessionId = randomUUID();
    await join(laptop, sessionId);
    const heard = record(laptop, 'message');
    const question = await send(phone, sessionId, 'stuck on node-0');
    first.child.kill('SIGKILL');
    const seen = await heard.until((all) => all.some(({ sender }) => sender === 'server'));
    expect(seen.at(-1)).toMatchObject({ content: 'Re: stuck on node-0', replyTo: question.messageId });
    // The third node had its chance, too.
    await send(laptop, sessionId, 'next');
    await heard.until((all) => all.filter(({ sender }) => sender === 'server').length === 2);
    const store = await openMongoStore(mongoUrl);
    const messages = await readAll(store, user.id, sessionId);
    await store.close();
    expect(messages.map(({ sender }) => sender)).toEqual(['user', 'server', 'user', 'server']);
    expect(await Promise.all(nodes.slice(1).map(stopProcess))).toEqual([0, 0]);
  }, 60_000);

  test('a node that is killed and restarted at once waits for nobody, and makes the reply once', async () => {
    const { mongoUrl, nodes, start } = await startNodes(1, 1_000);
    const [killed] = [present(nodes[0])];
    const { token, user } = await signUp(killed);
    const sessionId = randomUUID();
    await send(await connect(killed, token), sessionId, 'stuck on node-0');
    killed.child.kill('SIGKILL');
    await killed.exited;
    const restarted = start(0, 'again');
    const device = await connect({ url: await restarted.listening }, token);
    const store = await openMongoStore(mongoUrl);
    // Long before a node that is not heard of any more is taken for dead.
    const beats = await present(store.fleet).readBeats();
    expect(beats.map(({ isDead }) => isDead).sort()).toEqual([false, true]);
    const heard = record(device, 'message');
    const { messages = [] } = await join(device, { sessionId, after: 0 });
    await heard.until((live) => messages.length + live.length >= 2);
    await send(device, sessionId, 'next');
    await heard.until((live) => live.some(({ content }) => content === 'Re: next'));
    const stored = await readAll(store, user.id, sessionId);
    await store.close();
    expect(stored.map(({ content }) => content).sort()).toEqual(
      ['stuck on node-0', 'Re: stuck on node-0', 'next', 'Re: next'].sort(),
    );
    expect(await stopProcess(restarted)).toBe(0);
  }, 60_000);

  test('an owner that wakes after another node has claimed its streamed reply stores nothing', async () => {
    const { mongoUrl, nodes } = await startNodes(2, 250, 'streaming');
    const [frozen, other] = [present(nodes[0]), present(nodes[1])];
    const { token, user } = await signUp(frozen);
    const [phone, laptop] = [await connect(frozen, token), await connect(other, token)];
    const sessionId = randomUUID();
    await join(laptop, sessionId);
    const [drafts, heard] = [record(phone, 'reply'), record(laptop, 'message')];
    await send(phone, sessionId, 'stuck on node-0');
    await drafts.until((all) => all.some(({ text }) => text !== ''));
    frozen.child.kill('SIGSTOP');
    const reply = { sender: 'server', content: 'node-1, attempt 2: stuck on node-0' };
    expect((await heard.until((all) => all.length === 2)).at(-1)).toMatchObject(reply);
    frozen.child.kill('SIGCONT');
    // The responder of the owner has gone on when it answers this, as its pause is over.
    await api(frozen, token).get('/healthz');
    await send(laptop, sessionId, 'next');
    await heard.until((all) => all.filter(({ sender }) => sender === 'server').length === 2);
    const store = await openMongoStore(mongoUrl);
    const messages = await readAll(store, user.id, sessionId);
    await store.close();
    expect(messages.map(({ sender }) => sender)).toEqual(['user', 'server', 'user', 'server']);
    expect(messages[1]).toMatchObject(reply);
    await Promise.all(nodes.map(stopProcess));
  }, 60_000);

  test('a node that was frozen handles nothing of a login that was revoked meanwhile', async () => {
    const { mongoUrl, nodes } = await startNodes(2, 1_000);
    const [frozen, other] = [present(nodes[0]), present(nodes[1])];
    const { token, user } = await signUp(frozen);
    const socket = newSocket(frozen, token, { reconnection: false });
    const connected = new Promise<void>((resolve) => socket.once('connect', resolve));
    socket.connect();
    await connected;
    const sessionId = randomUUID();
    await send(socket, sessionId, 'before');
    frozen.child.kill('SIGSTOP');
    const frozenAt = performance.now();
    await api(other, token).post('/api/auth/logout').expect(204);
    const closed = disconnection(socket);
    socket.emit('message', { sessionId, content: 'after the logout' });
    // Longer than a pause of the garbage collector, shorter than what makes it dead.
    await pollUntil(
      async () => performance.now() - frozenAt,
      (elapsed) => elapsed >= FROZEN_MS,
    );
    frozen.child.kill('SIGCONT');
    await closed;
    const store = await openMongoStore(mongoUrl);
    const messages = await readAll(store, user.id, sessionId);
    await store.close();
    const sent = messages.filter(({ sender }) => sender === 'user');
    expect(sent.map(({ content }) => content)).toEqual(['before']);
    await Promise.all(nodes.map(stopProcess));
  }, 60_000);

  test('a node that was frozen handles nothing until it could look up the logins', async () => {
    const [url, held] = [present(mongoUrlForTest()), new HeldStore()];
    const [node] = await startFleet({
      nodes: 1,
      database: { kind: 'mongodb', url },
      parts: () => ({ wrapStore: held.wrap }),
    });
    const { token, user } = await signUp(present(node));
    const socket = await connect(present(node), token, { reconnection: false });
    const sessionId = randomUUID();
    await send(socket, sessionId, 'before');
    const store = await openMongoStore(url);
    for (const { id } of await store.listLogins(user.id, '')) await store.deleteLogin(user.id, id);
    held.failNext('findEndedLogins', new ChatError('UNAVAILABLE'));
    const closed = disconnection(socket);
    socket.emit('message', { sessionId, content: 'after the logout' });
    // Nothing in this process runs meanwhile.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FROZEN_MS);
    await closed;
    const messages = await readAll(store, user.id, sessionId);
    await store.close();
    const sent = messages.filter(({ sender }) => sender === 'user');
    expect(sent.map(({ content }) => content)).toEqual(['before']);
  });

  test('a message that a killed node has stored, but not noted in its session, reaches the other nodes', async () => {
    const [first, second] = await startFleet();
    const { token, user } = await signUp(present(first));
    const device = await connect(present(second), token);
    const sessionId = randomUUID();
    await send(device, sessionId, 'before');
    const heard = record(device, 'message');
    const { database } = present(first);
    if (database.kind !== 'mongodb') throw new Error('the database is MongoDB');
    const connection = await createConnection(database.url).asPromise();
    const sessions = connection.collection<{ _id: string; key: string }>('sessions');
    const sessionKey = present(await sessions.findOne({ _id: sessionId })).key;
    const { message, reply } = newExchange(user.id, sessionId);
    const common = { sessionId, sessionKey };
    const collection = connection.collection<{ _id: string; [field: string]: unknown }>('messages');
    await collection.insertMany([
      { ...common, ...message, _id: message.messageId, sender: 'user', seq: 3, unanswered: true },
      { ...common, ...reply, _id: reply.messageId, sender: 'server', seq: 4, replyTo: message.messageId },
    ]);
    await connection.close();
    const seen = await heard.until((all) => all.some(({ seq }) => seq === 4));
    expect(seen.filter(({ seq }) => seq > 2).map(({ seq }) => seq)).toEqual([3, 4]);
  });

  test('a session that is being created is not reported as deleted', async () => {
    const [url, held] = [present(mongoUrlForTest()), new HeldStore()];
    const [node] = await startFleet({
      database: { kind: 'mongodb', url },
      parts: (index) => (index === 0 ? { wrapStore: held.wrap } : {}),
    });
    const device = await connect(present(node), (await signUp(present(node))).token);
    const reported = record(device, 'session', ({ type }) => type === 'deleted');
    const creation = held.hold('openSession', 'call');
    const joined = join(device, randomUUID());
    await creation.reached;
    await untilBeats(url, CHECK_BEATS);
    creation.release();
    await joined;
    expect(reported.seen).toEqual([]);
  });

  test('devices of the only node hear what a node stores that is started later', async () => {
    const [first] = await startFleet({ nodes: 1 });
    const { database, url } = present(first);
    const { token } = await signUp({ url });
    const device = await connect({ url }, token);
    const sessionId = randomUUID();
    await send(device, sessionId, 'alone');
    const [second] = await startFleet({ nodes: 1, database });
    const other = await connect(present(second), token);
    const heard = record(device, 'message');
    await send(other, sessionId, 'together');
    expect((await heard.atLeast(2)).map(({ seq }) => seq)).toEqual([3, 4]);
    await stopNode(present(second));
    const { seq } = await send(device, sessionId, 'alone again');
    expect(seq).toBe(5);
  });

  test('a node does not start beside one that it can’t work together with', async () => {
    const [running] = await startFleet({ nodes: 1, config: { nodeId: 'node-a' } });
    const { database } = present(running);
    const startAnother = async (config: { nodeId?: string; jwtSecrets?: string[] }) => {
      const application = await createApplication(
        { ...TEST_CONFIG, database, ...config },
        { logger: createLogger('silent'), waits: { beatMs: 200 } },
      );
      try {
        await application.start();
      } finally {
        await application.close();
      }
    };
    const another = 'another secret that is long enough for every test';
    const refused = startAnother({ nodeId: 'node-a' });
    await expect(refused).rejects.toThrow(/^Another node with the NODE_ID "node-a" uses this database: /);
    await expect(refused).rejects.toBeInstanceOf(NodeRefused);
    await expect(startAnother({ jwtSecrets: [another] })).rejects.toThrow(
      /^The node "node-a" uses this database with another JWT_SECRET: /,
    );
    await expect(startAnother({ jwtSecrets: [another, ...TEST_CONFIG.jwtSecrets] })).rejects.toThrow(
      NodeRefused,
    );
    await expect(startAnother({ jwtSecrets: [...TEST_CONFIG.jwtSecrets, another] })).resolves.toBeUndefined();
    const device = await connect(present(running), (await signUp(present(running))).token);
    expect(await ask(device, { sessionId: randomUUID(), content: 'still served' })).toMatchObject({
      ok: true,
    });
  });
});
