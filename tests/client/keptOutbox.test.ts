import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { memoryStorage } from '../../client/src';
import { api } from '../support/client';
import { useProxiedServer } from './proxiedServer';
import { contentsOf, newAccount, newClient, next, online, signedUp, wholeHistory } from './support';

const net = useProxiedServer();

describe('a discarded message', () => {
  test('is not sent later, if another user has logged in', async () => {
    const account = newAccount();
    const client = newClient({ url: net.url });
    await client.signUp(account);
    const { id } = await client.sessions.create();
    await online(client);
    net.proxy.interference.toServer = (data, link) => {
      if (String(data).includes('/socket.io/')) link.cut();
      else link.server.write(data);
    };
    net.proxy.cutAll();
    const refused = expect(client.send(id, 'given up')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    // Retried until a connection is not cut.
    await client.sessions.list();
    await client.signUp(newAccount());
    await refused;
    await client.logIn(account);
    expect(client.outbox).toEqual([]);
  });

  test('is not sent later, if the login had already ended at the logout', async () => {
    const storage = memoryStorage();
    const account = newAccount();
    const client = newClient({ url: net.url, storage });
    await client.signUp(account);
    const { id } = await client.sessions.create();
    await online(client);
    net.proxy.refuse();
    const refused = expect(client.send(id, 'given up')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    const { token } = JSON.parse(storage.getItem(`smart-chat ${net.url} login`) ?? '{}');
    await api(net.server, token).post('/api/auth/logout').expect(204);
    await net.proxy.accept();
    await client.logOutEverywhere();
    await refused;
    await client.logIn(account);
    expect(client.outbox).toEqual([]);
  });
});

test('another tab sends all messages of a killed tab, including those too recent at first', async () => {
  const storage = memoryStorage();
  const client = newClient({ url: net.server.url, storage });
  const { id: userId } = await client.signUp(newAccount());
  const { id } = await client.sessions.create();
  await online(client);
  const killed = new BroadcastChannel(`smart-chat ${net.server.url}`);
  const messages: object[] = [];
  /** Does the same as a tab that sends a message. */
  const leave = async (content: string) => {
    messages.push({
      sessionId: id,
      clientMessageId: randomUUID(),
      content,
      createdAt: new Date().toISOString(),
    });
    storage.setItem(`smart-chat ${net.server.url} outbox`, JSON.stringify({ userId, messages }));
    const heard = next(client, 'outbox', ({ length }) => length === messages.length);
    killed.postMessage('outbox');
    await heard;
  };
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'performance', 'hrtime'] });
  try {
    await leave('first');
    jest.advanceTimersByTime(5_000);
    await leave('second');
    const sentFirst = next(client, 'outbox', ({ length }) => length === 1);
    jest.advanceTimersByTime(5_001);
    await sentFirst;
    jest.advanceTimersByTime(15_000);
    await client.send(id, 'own');
  } finally {
    jest.useRealTimers();
    killed.close();
  }
  const history = await wholeHistory(client, id);
  const sent = history.filter(({ sender }) => sender === 'user');
  expect(contentsOf(sent)).toEqual(['first', 'second', 'own']);
});

test('another tab sends the messages of a closed tab immediately', async () => {
  const storage = memoryStorage();
  const open = await signedUp({ url: net.url, storage });
  const { id } = await open.sessions.create();
  await online(open);
  // The server has no socket there, so this tab never connects.
  const closing = newClient({ url: net.url, storage, socketOptions: { path: '/elsewhere' } });
  const heard = next(open, 'outbox', ({ length }) => length === 1);
  closing.send(id, 'left').catch(() => {});
  await heard;
  const sent = next(open, 'outbox', ({ length }) => length === 0);
  const closedAt = performance.now();
  closing.close();
  await sent;
  // Messages of an open tab would be taken over only after 10 s.
  expect(performance.now() - closedAt).toBeLessThan(5_000);
  expect(contentsOf(await wholeHistory(open, id))[0]).toBe('left');
});

test('messages of a closed tab are stored before newer ones of the tab that sends them', async () => {
  const storage = memoryStorage();
  const open = await signedUp({ url: net.url, storage });
  const { id } = await open.sessions.create();
  const closing = newClient({ url: net.url, storage });
  await Promise.all([online(open), online(closing)]);
  const offline = [open, closing].map((tab) => next(tab, 'connection', (state) => state === 'offline'));
  net.proxy.refuse();
  await Promise.all(offline);
  const heard = next(open, 'outbox', ({ length }) => length === 1);
  closing.send(id, 'older').catch(() => {});
  await heard;
  const olderAt = Date.parse(open.outbox[0]?.createdAt ?? '');
  while (Date.now() <= olderAt) await setImmediate();
  const newer = open.send(id, 'newer');
  const adopted = next(open, 'outbox');
  closing.close();
  await adopted;
  await net.proxy.accept();
  await newer;
  const history = await wholeHistory(open, id);
  const sent = history.filter(({ sender }) => sender === 'user');
  expect(contentsOf(sent)).toEqual(['older', 'newer']);
});

test('setting the clock back does not change the order of messages', async () => {
  const storage = memoryStorage();
  const client = await signedUp({ url: net.url, storage });
  const { id } = await client.sessions.create();
  await online(client);
  net.proxy.refuse();
  client.send(id, 'first').catch(() => {});
  jest.useFakeTimers({ now: Date.now() - 60_000 });
  client.send(id, 'second').catch(() => {});
  jest.useRealTimers();
  client.close();
  const reloaded = newClient({ url: net.url, storage });
  const emptied = next(reloaded, 'outbox', ({ length }) => length === 0);
  await net.proxy.accept();
  await emptied;
  const { messages } = await reloaded.history(id);
  expect(contentsOf(messages)).toEqual(['first', 'first', 'second', 'second']);
});
