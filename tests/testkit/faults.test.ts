import { type ChatClient, createChatClient, type Message, memoryStorage } from '../../client/src';
import { startTestServer, type TestServer, type TestUser } from '../../testkit/testing';
import { Changes } from '../../testkit/waiting';

let server: TestServer;
let ada: TestUser;
const clients: ChatClient[] = [];

beforeAll(async () => {
  server = await startTestServer();
});
beforeEach(async () => {
  ada = await server.addUser();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server.faults.heal();
});
afterAll(() => server.close());

async function connect(user: TestUser = ada): Promise<ChatClient> {
  const socketOptions = { reconnectionDelay: 20, reconnectionDelayMax: 100 };
  const client = createChatClient({ url: server.url, storage: memoryStorage(), socketOptions });
  clients.push(client);
  await client.logIn({ username: user.user.username, password: user.password });
  return client;
}

function seen(client: ChatClient, sessionId: string) {
  const changes = new Changes();
  const messages: Message[] = [];
  client.subscribe(sessionId, {
    after: 0,
    onMessage: (m) => {
      messages.push(m);
      changes.notify();
    },
  });
  return { messages, until: (n: number) => changes.until(() => messages.length >= n) };
}

test.each(['holdAck', 'dropAck', 'cut', 'kill', 'stall', 'delay'] as const)(
  'client survives %s',
  async (name) => {
    const client = await connect();
    const { id } = await client.sessions.create();
    const view = seen(client, id);
    const fault =
      name === 'kill'
        ? await server.faults.kill()
        : name === 'delay'
          ? await server.faults.delay(100, ada)
          : name === 'holdAck' || name === 'dropAck'
            ? await server.faults[name](1, ada)
            : await server.faults[name](ada);
    const sent = client.send(id, 'hello');
    await fault.happened;
    if (name !== 'dropAck') await fault.heal();
    await sent;
    await view.until(2);
    expect(view.messages.map(({ content }) => content)).toEqual(['hello', 'hello']);
    expect((await ada.stored(id)).length).toBe(2);
  },
);
