import { webcrypto } from 'node:crypto';
import { createContext, Script } from 'node:vm';
import { WebSocket } from 'ws';
import { type ChatClient, type ChatClientOptions, memoryStorage } from '../../client/src';
import { documentedFetch } from '../support/documents/fetch';
import { startTestServer, type TestServer } from '../support/testServer';
import { clientScript } from './exampleBundle';
import { countedFetch, follow, newAccount, online } from './support';

const script = new Script(clientScript());
const open: ChatClient[] = [];
let server: TestServer;

beforeAll(async () => {
  // The tokens are renewed after one second.
  server = await startTestServer({ config: { jwtExpiresInMs: 2_000 } });
});
afterEach(() => {
  for (const client of open.splice(0)) client.close();
});

/** The globals that every environment of a client has. */
const timers = { setTimeout, clearTimeout, setInterval, clearInterval, queueMicrotask };
const network = { fetch: documentedFetch, WebSocket, AbortController };

/** `URL` and `URLSearchParams` exist in React Native, but most of them is not implemented. */
class UnfinishedUrl {
  get origin(): string {
    throw new Error('URL.origin is not implemented');
  }
}
class UnfinishedUrlSearchParams {
  constructor() {
    throw new Error('URLSearchParams is not implemented');
  }
}

const reactNative = () => ({
  ...timers,
  ...network,
  URL: UnfinishedUrl,
  URLSearchParams: UnfinishedUrlSearchParams,
  navigator: { product: 'ReactNative' },
});

/** A Web Worker, which has events, but neither a window nor a document nor a storage. */
const webWorker = () => {
  const target = new EventTarget();
  return {
    ...timers,
    ...network,
    URL,
    URLSearchParams,
    crypto: webcrypto,
    navigator: { onLine: true },
    addEventListener: target.addEventListener.bind(target),
    removeEventListener: target.removeEventListener.bind(target),
  };
};

/** A window of a browser whose other parts are missing, as in some webviews. */
const bareWindow = () => ({
  ...webWorker(),
  document: {},
  localStorage: undefined,
  crypto: {},
  navigator: {},
});

const locks = (request: (name: string, options: { signal: AbortSignal }) => Promise<void>) => () => ({
  ...webWorker(),
  navigator: { onLine: true, locks: { request } },
});

const lockedByFrozenTab = locks(
  (_name, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
    }),
);
const lockedOut = locks(async () => {
  throw new DOMException('this page may not use locks', 'SecurityError');
});

/** Runs the client in a context that has these globals and the language, and nothing else. */
function clientIn(globals: object, alias: 'window' | 'self'): (options: ChatClientOptions) => ChatClient {
  const context = createContext({ ...globals });
  new Script(`globalThis.${alias} = globalThis;`).runInContext(context);
  script.runInContext(context);
  return (options) => {
    const client: ChatClient = context.chat.createChatClient({
      ...options,
      socketOptions: { transports: ['websocket'], reconnectionDelay: 20, reconnectionDelayMax: 100 },
    });
    open.push(client);
    return client;
  };
}

describe.each([
  ['React Native', reactNative, 'window'],
  ['a Web Worker', webWorker, 'self'],
  ['a window without the rest of a browser', bareWindow, 'window'],
  ['a page whose lock is held by a frozen tab', lockedByFrozenTab, 'self'],
  ['a page that may not use locks', lockedOut, 'self'],
] as const)('the client works in %s', (_where, globals, alias) => {
  test('from the sign-up to the renewal of its tokens and a reload', async () => {
    const counted = countedFetch();
    const createChatClient = clientIn({ ...globals(), fetch: counted.fetch }, alias);
    const storage = memoryStorage();
    const client = createChatClient({ url: server.url, storage });
    await client.signUp(newAccount());
    const session = await client.sessions.create({ name: 'Zürich 🏔' });
    const { until, messages } = follow(client, session.id, 0);
    await client.send(session.id, 'größer 👍');
    await until(2);
    // Larger than an event, so that it is sent over REST.
    await client.send(session.id, `x${'\u0001'.repeat(10_100)}`);
    await until(4);
    expect(messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);

    await counted.until('/api/auth/refresh', 2);
    const [listed] = (await client.sessions.list({ limit: 1 })).sessions;
    expect(listed).toMatchObject({ id: session.id, name: 'Zürich 🏔' });
    client.close();
    const reloaded = createChatClient({ url: server.url, storage });
    await online(reloaded);
    expect(reloaded.user).toEqual(client.user);
  });
});

describe('where the client can’t work, it says what is missing', () => {
  const createIn = (globals: object) => clientIn(globals, 'window');

  test('a fetch', () => {
    const create = createIn({ ...reactNative(), fetch: undefined });
    expect(() => create({ url: server.url })).toThrow(
      /no global fetch.*createChatClient\(\{ url, fetch \}\)/,
    );
    expect(create({ url: server.url, fetch: documentedFetch }).user).toBeNull();
  });

  test('an AbortController', () => {
    const create = createIn({ ...reactNative(), AbortController: undefined });
    expect(() => create({ url: server.url })).toThrow(/no global AbortController/);
  });

  test.each(['', '/', 'localhost:3001', 'ftp://example.com', 'https://', 'https://user:secret@example.com'])(
    'an origin in the url %p',
    (url) => {
      expect(() => createIn(reactNative())({ url })).toThrow(/must be the server's origin/);
    },
  );

  test('a storage that returns its values at once', () => {
    const asynchronous = { ...memoryStorage(), getItem: async () => null };
    const options: object = { storage: asynchronous };
    const create = createIn(reactNative());
    expect(() => create({ url: server.url, ...options })).toThrow(/asynchronous storage/);
  });
});
