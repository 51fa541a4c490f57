import { randomUUID } from 'node:crypto';
import { memoryStorage } from '../../client/src';
import { PASSWORD } from '../support/client';
import { useProxiedServer } from './proxiedServer';
import { follow, newAccount, newClient, next, online, signedUp } from './support';

const net = useProxiedServer();

test('a client that writes ids in capitals recognizes its own in small letters', async () => {
  const client = await signedUp({ url: net.url });
  const id = randomUUID();
  const capitals = id.toUpperCase();
  expect(await client.sessions.create({ id: capitals, name: 'mine' })).toMatchObject({ id });
  await online(client);
  const seen = follow(client, capitals, 0);
  const [first] = await Promise.all([client.send(capitals, 'one'), client.send(id, 'two')]);
  expect(first).toMatchObject({ sessionId: id, seq: 1 });
  await seen.until(4);
  expect(seen.messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  expect((await client.history(capitals)).messages).toHaveLength(4);
  expect(await client.sessions.rename(capitals, 'renamed')).toMatchObject({ id, name: 'renamed' });
  expect(await client.sessions.get(capitals)).toMatchObject({ id, lastSeq: 4 });
  const deleted = next(client, 'session', ({ type }) => type === 'deleted');
  const other = newClient({ url: net.url });
  await other.logIn({ email: client.user?.email ?? '', password: PASSWORD });
  await other.sessions.delete(capitals);
  expect((await deleted).session.id).toBe(id);
  expect(await seen.ended).toMatchObject({ code: 'NOT_FOUND' });
});

test('a login is ended by its id in any case', async () => {
  const client = await signedUp({ url: net.url });
  const other = newClient({ url: net.url });
  await other.logIn({ username: client.user?.username ?? '', password: PASSWORD });
  const login = (await client.account.logins()).find(({ current }) => !current);
  await client.account.endLogin(String(login?.id).toUpperCase());
  expect(await client.account.logins()).toHaveLength(1);
});

test('an outbox of an earlier version, with an id in capitals, is sent and discarded as the session’s', async () => {
  const storage = memoryStorage();
  const client = newClient({ url: net.url, storage });
  const { id: userId } = await client.signUp(newAccount());
  const { id: sessionId } = await client.sessions.create();
  client.close();
  const message = { clientMessageId: randomUUID(), content: 'kept', createdAt: new Date().toISOString() };
  const messages = [{ ...message, sessionId: sessionId.toUpperCase() }];
  storage.setItem(`smart-chat ${net.url} outbox`, JSON.stringify({ userId, messages }));
  net.proxy.refuse();
  const later = newClient({ url: net.url, storage });
  expect(later.outbox).toEqual([{ ...message, sessionId }]);
  await net.proxy.accept();
  if (later.outbox.length > 0) await next(later, 'outbox', (outbox) => outbox.length === 0);
  expect(storage.getItem(`smart-chat ${net.url} outbox`)).toBeNull();
  expect((await later.history(sessionId)).messages[0]).toMatchObject({ content: 'kept', sessionId });
});

test('a login takes the email or the username', async () => {
  const client = await signedUp({ url: net.url });
  const { user } = client;
  await client.logOut();
  const { username = '', email } = user ?? {};
  expect(await client.logIn({ username: username.toUpperCase(), password: PASSWORD })).toEqual(user);
  expect(await client.logIn({ email: email ?? '', password: PASSWORD })).toEqual(user);
});
