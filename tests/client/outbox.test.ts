import { randomUUID } from 'node:crypto';
import { type ChatStorage, memoryStorage, type OutgoingMessage } from '../../client/src';
import { cutOnce } from '../faults/linkCutter';
import { api, signUp } from '../support/client';
import { useProxiedServer } from './proxiedServer';
import { contentsOf, follow, newAccount, newClient, next, online, signedUp, wholeHistory } from './support';

const net = useProxiedServer();

/** A logged-in and connected client with a session. */
async function writer(storage: ChatStorage) {
  const client = await signedUp({ url: net.url, storage });
  const { id } = await client.sessions.create();
  await online(client);
  return { client, id };
}

/** A copy of a storage, as a reloaded page finds it. */
function copyOf(storage: ChatStorage, url: string): ChatStorage {
  const copy = memoryStorage();
  for (const part of ['login', 'outbox']) {
    const key = `smart-chat ${url} ${part}`;
    const value = storage.getItem(key);
    if (value !== null) copy.setItem(key, value);
  }
  return copy;
}

test('messages written offline are sent after a reload, once and in order', async () => {
  const storage = memoryStorage();
  const { client, id } = await writer(storage);
  net.proxy.refuse();
  const sent = ['one', 'two', 'three'].map((content) => client.send(id, content));
  expect(contentsOf(client.outbox)).toEqual(['one', 'two', 'three']);
  client.close();
  for (const result of await Promise.allSettled(sent)) {
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'OFFLINE' } });
  }
  await expect(client.send(id, 'after the end')).rejects.toMatchObject({ code: 'OFFLINE' });
  const reloaded = newClient({ url: net.url, storage });
  expect(contentsOf(reloaded.outbox)).toEqual(['one', 'two', 'three']);
  await net.proxy.accept();
  const emptied = next(reloaded, 'outbox', ({ length }) => length === 0);
  expect((await reloaded.send(id, 'four')).seq).toBe(7);
  await emptied;
  const history = await wholeHistory(reloaded, id);
  expect(contentsOf(history.filter(({ sender }) => sender === 'user'))).toEqual([
    'one',
    'two',
    'three',
    'four',
  ]);
});

test('another tab sends the unsent messages of a closed tab', async () => {
  const storage = memoryStorage();
  const { client, id } = await writer(storage);
  const other = newClient({ url: net.url, storage });
  await online(other);
  net.proxy.refuse();
  client.send(id, 'left behind').catch(() => {});
  client.close();
  const emptied = next(other, 'outbox', ({ length }) => length === 0);
  await net.proxy.accept();
  await emptied;
  expect(contentsOf(await wholeHistory(other, id))).toEqual(['left behind', 'left behind']);
});

test('a message is stored once if its page is closed before the acknowledgement', async () => {
  const storage = memoryStorage();
  const { client, id } = await writer(storage);
  const clientMessageId = randomUUID();
  const cut = cutOnce(net.proxy, 'when the server has it, before its answer', clientMessageId);
  client.send(id, 'only once', { clientMessageId }).catch(() => {});
  const left = copyOf(storage, net.url);
  const stored = await cut;
  client.close();
  const reloaded = newClient({ url: net.url, storage: left });
  expect(contentsOf(reloaded.outbox)).toEqual(['only once']);
  await next(reloaded, 'outbox', ({ length }) => length === 0);
  const history = await wholeHistory(reloaded, id);
  expect(contentsOf(history)).toEqual(['only once', 'only once']);
  expect(history[0]).toMatchObject({ ...stored, clientMessageId });
});

test('a message is in the outbox from before it is sent until it is stored', async () => {
  const storage = memoryStorage();
  const { client, id } = await writer(storage);
  const lengths: number[] = [];
  client.on('outbox', ({ length }) => void lengths.push(length));
  const kept: OutgoingMessage[] = [];
  net.proxy.interference.toServer = (data, link) => {
    kept.push(...client.outbox);
    link.server.write(data);
  };
  await client.send(id, 'hello');
  expect(kept[0]).toMatchObject({ sessionId: id, content: 'hello' });
  expect(lengths).toEqual([1, 0]);
  expect(storage.getItem(`smart-chat ${net.url} outbox`)).toBeNull();
});

test('the same id sent twice is one message', async () => {
  const { client, id } = await writer(memoryStorage());
  const clientMessageId = randomUUID();
  const [first, second] = await Promise.all([
    client.send(id, 'x', { clientMessageId }),
    client.send(id, 'x', { clientMessageId }),
  ]);
  expect(second).toEqual(first);
  expect(await client.send(id, 'x', { clientMessageId })).toEqual(first);
  expect(await wholeHistory(client, id)).toHaveLength(2);
});

test('a message that is too long is refused with the error of the server, also without a connection', async () => {
  const { client, id } = await writer(memoryStorage());
  const { token } = await signUp({ url: net.url });
  const answer = await api({ url: net.url }, token).post(`/api/sessions/${id}/messages`, {
    content: 'x'.repeat(16_385),
  });
  const { code, detail: message, errors, status } = answer.body;
  const refusal = { code, message, errors, status };
  expect(refusal).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ field: 'content' }] });
  const { messageId } = await client.send(id, 'x'.repeat(16_384));
  net.proxy.refuse();
  for (const content of ['x'.repeat(16_385), 'x'.repeat(70_000), 'é'.repeat(8_193)]) {
    await expect(client.send(id, content)).rejects.toMatchObject(refusal);
    await expect(client.edit(id, messageId, content)).rejects.toMatchObject(refusal);
  }
  expect(client.outbox).toEqual([]);
  await net.proxy.accept();
});

test('a refused message is reported and does not block later ones', async () => {
  const { client, id } = await writer(memoryStorage());
  const tooLarge = client.send(id, '\u0001'.repeat(16_000));
  const blank = client.send(id, ' ');
  const good = client.send(id, 'good');
  await expect(tooLarge).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE', status: 413 });
  await expect(blank).rejects.toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ field: 'content' }] });
  expect((await good).seq).toBe(1);
  expect(client.connection).toBe('online');
  expect(client.outbox).toEqual([]);
});

test('logout discards unsent messages in every tab', async () => {
  const storage = memoryStorage();
  const { client, id } = await writer(storage);
  const tab = newClient({ url: net.url, storage });
  await online(tab);
  net.proxy.refuse();
  const sent = [client.send(id, 'here'), tab.send(id, 'there')];
  const told = next(tab, 'user', (user) => user === null);
  const loggedOut = client.logOut();
  await told;
  for (const result of await Promise.allSettled(sent)) {
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'UNAUTHENTICATED' } });
  }
  await net.proxy.accept();
  await loggedOut;
  expect([client.outbox, tab.outbox]).toEqual([[], []]);
  await expect(client.send(id, 'late')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('unsent messages are sent at the next login of the user, if the login was ended elsewhere', async () => {
  const storage = memoryStorage();
  const account = newAccount();
  const client = newClient({ url: net.url, storage });
  await client.signUp(account);
  const { id } = await client.sessions.create();
  await online(client);
  net.proxy.refuse();
  const sent = client.send(id, 'patient');
  const { token } = JSON.parse(storage.getItem(`smart-chat ${net.url} login`) ?? '{}');
  await api(net.server, token).post('/api/auth/logout').expect(204);
  const ended = next(client, 'user', (user) => user === null);
  await net.proxy.accept();
  await ended;
  await client.logIn(account);
  expect(await sent).toMatchObject({ content: 'patient', seq: 1 });
});

test('unsent messages are not sent for another user', async () => {
  const storage = memoryStorage();
  const { client, id } = await writer(storage);
  net.proxy.interference.toServer = (data, link) => {
    if (String(data).includes('/socket.io/')) link.cut();
    else link.server.write(data);
  };
  net.proxy.cutAll();
  const sent = client.send(id, 'mine');
  const refused = expect(sent).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  await client.sessions.list();
  await client.signUp(newAccount());
  await refused;
  expect(client.outbox).toEqual([]);
  net.proxy.interference = {};
  const own = await client.sessions.create();
  await client.send(own.id, 'own');
  expect(contentsOf(await wholeHistory(client, own.id))).toEqual(['own', 'own']);
});

test('an unsent message does not recreate a session deleted meanwhile', async () => {
  const storage = memoryStorage();
  const { client, id } = await writer(storage);
  const seen = follow(client, id);
  await client.send(id, 'before');
  await seen.until(2);
  const { token } = JSON.parse(storage.getItem(`smart-chat ${net.url} login`) ?? '{}');
  net.proxy.refuse();
  const sent = client.send(id, 'too late');
  const refused = expect(sent).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await api(net.server, token).delete(`/api/sessions/${id}`).expect(204);
  await net.proxy.accept();
  await refused;
  expect(await seen.ended).toMatchObject({ code: 'NOT_FOUND' });
  expect((await client.sessions.list()).sessions).toEqual([]);
});
