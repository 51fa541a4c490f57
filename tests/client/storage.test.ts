import { createChatClient, memoryStorage } from '../../client/src';
import { documentedFetch } from '../support/documents/fetch';
import { startTestServer, type TestServer } from '../support/testServer';
import { countedFetch, newAccount, newClient, signedUp } from './support';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

describe('a storage', () => {
  test('without any space is not used', async () => {
    const full = () => {
      throw new DOMException('nothing may be stored', 'QuotaExceededError');
    };
    const value = { length: 0, getItem: () => null, setItem: full, removeItem: () => {} };
    Object.defineProperty(globalThis, 'localStorage', { value, configurable: true });
    const client = createChatClient({ url: server.url, fetch: documentedFetch });
    try {
      expect(await client.signUp(newAccount())).toEqual(client.user);
    } finally {
      client.close();
      Reflect.deleteProperty(globalThis, 'localStorage');
    }
  });

  test('too full for a login rejects it, and the login is revoked', async () => {
    const account = newAccount();
    await newClient({ url: server.url }).signUp(account);
    const storage = memoryStorage();
    const ended = countedFetch();
    const client = newClient({
      url: server.url,
      fetch: ended.fetch,
      storage: {
        ...storage,
        setItem() {
          throw new DOMException('it is full', 'QuotaExceededError');
        },
      },
    });
    await expect(client.logIn(account)).rejects.toMatchObject({
      name: 'ChatClientError',
      code: 'NO_ROOM',
      message: expect.stringContaining('storage is full'),
    });
    expect(client.user).toBeNull();
    await ended.until('/api/auth/logout', 1);
  });

  test.each([[[null]], [['text']], [[{}]]])('with %j as outbox has an empty one', async (messages) => {
    const storage = memoryStorage();
    const first = await signedUp({ url: server.url, storage });
    const { user } = first;
    first.close();
    storage.setItem(`smart-chat ${server.url} outbox`, JSON.stringify({ userId: user?.id, messages }));
    const client = newClient({ url: server.url, storage });
    expect([client.user, client.outbox]).toEqual([user, []]);
  });
});
