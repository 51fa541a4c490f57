import { createChatClient, memoryStorage } from '../../client/src';
import { times, uniqueName } from '../../testkit/builders';
import { PASSWORD } from '../support/client';
import { startTestServer } from '../support/testServer';

test('a client signs up, subscribes to a session, sends messages and logs out', async () => {
  const server = await startTestServer();
  const client = createChatClient({ url: server.url, storage: memoryStorage() });
  const username = uniqueName();
  const user = await client.signUp({ username, email: `${username}@example.com`, password: PASSWORD });
  expect(client.user).toEqual(user);
  const session = await client.sessions.create({ name: 'one' });
  const seen: number[] = [];
  client.subscribe(session.id, { after: 0, onMessage: ({ seq }) => void seen.push(seq) });
  const sent = await Promise.all(['a', 'b', 'c'].map((content) => client.send(session.id, content)));
  expect(sent.map(({ seq }) => seq)).toEqual([1, 3, 5]);
  const { messages } = await client.history(session.id);
  expect(messages.map(({ content }) => content)).toEqual(['a', 'a', 'b', 'b', 'c', 'c']);
  expect(seen).toEqual(times(6, (index) => index + 1));
  await client.logOut();
  expect(client.user).toBeNull();
  client.close();
});
