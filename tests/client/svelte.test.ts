import {
  connectionStore,
  type MessageStore,
  messageStore,
  type ReadableStore,
  sessionStore,
  userStore,
} from '../../client/src/svelte';
import { times } from '../../testkit/builders';
import { Changes } from '../../testkit/waiting';
import { startTestServer, type TestServer } from '../support/testServer';
import { contentsOf, countedFetch, newAccount, newClient, wholeHistory } from './support';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});

/** Subscribes as Svelte does. `until` resolves with the first value that meets the condition. */
function watch<T>(store: ReadableStore<T>) {
  const changes = new Changes();
  const values: T[] = [];
  const stop = store.subscribe((value) => {
    values.push(value);
    changes.notify();
  });
  return {
    stop,
    values,
    async until(condition: (value: T) => boolean): Promise<T> {
      let found: T[] = [];
      await changes.until(() => {
        found = values.slice(-1).filter(condition);
        return found.length > 0;
      });
      const [value] = found;
      if (value === undefined) throw new Error('There is no value.');
      return value;
    },
  };
}

const hasReply = (content: string) => (state: Parameters<Parameters<MessageStore['subscribe']>[0]>[0]) =>
  state.messages.some((message) => message.sender === 'server' && message.content === content);

async function signedUp() {
  const counted = countedFetch();
  const client = newClient({ url: server.url, fetch: counted.fetch });
  await client.signUp(newAccount());
  const { id } = await client.sessions.create();
  return { client, id, ...counted };
}

test('a store calls its subscriber at once, and follows the server', async () => {
  const { client, id } = await signedUp();
  const connection = watch(connectionStore(client));
  expect(connection.values).toHaveLength(1);
  await connection.until((state) => state === 'online');
  const chat = messageStore(client, id);
  const seen = watch(chat);
  await chat.send('Hello');
  const { messages } = await seen.until(hasReply('Hello'));
  expect(contentsOf(messages)).toEqual(['Hello', 'Hello']);
  for (const { stop } of [seen, connection]) stop();
});

test('all subscribers share one load, also one that leaves and one that comes at the same time', async () => {
  const { client, id, count } = await signedUp();
  await client.send(id, 'Hello');
  watch(messageStore(client, id)).stop();
  const [one, two] = [watch(messageStore(client, id)), watch(messageStore(client, id.toUpperCase()))];
  await Promise.all([one.until(hasReply('Hello')), two.until(hasReply('Hello'))]);
  one.stop();
  await watch(messageStore(client, id)).until(hasReply('Hello'));
  expect(count(`/api/sessions/${id}/messages`)).toBe(1);
});

test('a store without subscribers follows nothing, and a later subscriber gets what was missed', async () => {
  const { client, id, count } = await signedUp();
  const chat = messageStore(client, id);
  const seen = watch(chat);
  await seen.until(({ status }) => status === 'ready');
  seen.stop();
  await client.send(id, 'meanwhile');
  const { length } = seen.values;
  const again = watch(chat);
  const { messages } = await again.until(hasReply('meanwhile'));
  expect(contentsOf(messages)).toEqual(['meanwhile', 'meanwhile']);
  expect(seen.values).toHaveLength(length);
  expect(count(`/api/sessions/${id}/messages`)).toBe(1);
  again.stop();
});

test('the sessions are read in pages, and change with other devices', async () => {
  const { client } = await signedUp();
  await Promise.all(times(52, (index) => client.sessions.create({ name: `session ${index}` })));
  const list = sessionStore(client);
  const seen = watch(list);
  expect((await seen.until(({ status }) => status === 'ready')).sessions).toHaveLength(50);
  // The last page may have only sessions that are known already.
  while (seen.values.at(-1)?.hasMore) await list.loadMore();
  const { sessions } = await seen.until(({ sessions }) => sessions.length === 53);
  const [first] = sessions;
  await client.sessions.delete(first?.id ?? '');
  await seen.until(({ sessions }) => sessions.length === 52);
  seen.stop();
});

test('the user is the same object while its tokens are renewed, and another one after a change', async () => {
  // The tokens are renewed after one second.
  const { url } = await startTestServer({ config: { jwtExpiresInMs: 2_000 } });
  const { fetch, until } = countedFetch();
  const client = newClient({ url, fetch });
  await client.signUp(newAccount());
  const user = watch(userStore(client));
  const [known] = user.values;
  const connection = watch(connectionStore(client));
  await until('/api/auth/refresh', 1);
  await client.account.read();
  expect(watch(userStore(client)).values[0]).toBe(known);
  const { username } = newAccount();
  await client.account.update({ username });
  await user.until((changed) => changed?.username === username);
  for (const { stop } of [user, connection]) stop();
});

test('what was loaded for one user is never shown to the next one', async () => {
  const { client, id } = await signedUp();
  await client.send(id, 'private');
  const [list, chat] = [sessionStore(client), messageStore(client, id)];
  const [sessions, messages] = [watch(list), watch(chat)];
  await sessions.until(({ status }) => status === 'ready');
  await messages.until(hasReply('private'));
  for (const { stop } of [sessions, messages]) stop();
  // By then, nothing follows the client.
  await client.account.read();
  await client.logOut();
  await client.signUp(newAccount());
  const [later, others] = [watch(list), watch(chat)];
  await others.until(({ status }) => status === 'ready');
  await later.until(({ status }) => status === 'ready');
  expect([
    ...later.values.flatMap((each) => each.sessions),
    ...others.values.flatMap((each) => each.messages),
  ]).toEqual([]);
  for (const { stop } of [later, others]) stop();
});

test('a session that does not exist is ready and empty until another device creates it', async () => {
  const { client } = await signedUp();
  const id = '0190b5a0-0000-7000-8000-0000000000ab';
  const connection = watch(connectionStore(client));
  await connection.until((state) => state === 'online');
  const seen = watch(messageStore(client, id));
  await seen.until(({ status }) => status === 'ready');
  await client.sessions.create({ id });
  await client.send(id, 'not through the store');
  await seen.until(hasReply('not through the store'));
  expect(new Set(seen.values.map(({ status }) => status))).toEqual(new Set(['loading', 'ready']));
  for (const { stop } of [seen, connection]) stop();
});

test('a session of somebody else is ready and empty, and refuses a message', async () => {
  const [owner, stranger] = [await signedUp(), await signedUp()];
  const chat = messageStore(stranger.client, owner.id);
  const seen = watch(chat);
  await seen.until(({ status }) => status === 'ready');
  await expect(chat.send('Hello')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(seen.values.at(-1)).toMatchObject({ messages: [], unsent: [], error: null });
  seen.stop();
});

test('the first message creates its session, even if it is stored while the list is loading', async () => {
  const { client } = await signedUp();
  const id = '0190b5a0-0000-7000-8000-0000000000ac';
  const chat = messageStore(client, id);
  const seen = watch(chat);
  await chat.send('the first');
  await seen.until(hasReply('the first'));
  expect(contentsOf(seen.values.at(-1)?.messages ?? [])).toEqual(['the first', 'the first']);
  seen.stop();
});

test('only the latest sessions without subscribers are kept', async () => {
  const { client, id, count } = await signedUp();
  await client.send(id, 'Hello');
  const visit = async (sessionId: string) => {
    const seen = watch(messageStore(client, sessionId));
    await seen.until(({ status }) => status === 'ready');
    seen.stop();
  };
  await visit(id);
  await visit(id);
  expect(count(`/api/sessions/${id}/messages`)).toBe(1);
  const others = await Promise.all(times(22, () => client.sessions.create()));
  for (const other of others) await visit(other.id);
  await visit(id);
  expect(count(`/api/sessions/${id}/messages`)).toBe(2);
  expect(await wholeHistory(client, id)).toHaveLength(2);
});
