import { setImmediate } from 'node:timers/promises';
import { memoryStorage } from '../../client/src';
import { useProxiedServer } from './proxiedServer';
import { newAccount, newClient, online } from './support';

const net = useProxiedServer();

/** A clock that stands still unless a test advances it; the network goes on. */
function stopClock(): void {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'hrtime'] });
}

afterEach(() => void jest.useRealTimers());

/** The server falls silent to what is sent to it; resolves as soon as there is something. */
function silenced(): Promise<void> {
  return new Promise((resolve) => {
    net.proxy.interference.toServer = () => resolve();
  });
}

/** Lets everything happen that is due at the current time. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await setImmediate();
}

/** A login, kept for a client that is created later. */
async function loggedIn() {
  const storage = memoryStorage();
  const client = newClient({ url: net.url, storage });
  await client.signUp(newAccount());
  const { id } = await client.sessions.create();
  client.close();
  return { storage, id };
}

test('an event without an acknowledgement closes the connection after 10 s, and the message is resent on the next one', async () => {
  const { storage, id } = await loggedIn();
  const client = newClient({ url: net.url, storage });
  await online(client);
  stopClock();
  const isAsked = silenced();
  const sent = client.send(id, 'unanswered');
  await isAsked;
  jest.advanceTimersByTime(9_999);
  await settle();
  expect(client.connection).toBe('online');
  jest.advanceTimersByTime(1);
  await settle();
  expect(client.connection).toBe('connecting');
  delete net.proxy.interference.toServer;
  jest.advanceTimersByTime(100);
  expect(await sent).toMatchObject({ content: 'unanswered', seq: 1 });
});

test('a connection attempt without a response times out after 15 s, and the next one follows', async () => {
  const { storage } = await loggedIn();
  stopClock();
  const isAsked = silenced();
  const client = newClient({ url: net.url, storage, socketOptions: { transports: ['websocket'] } });
  await isAsked;
  jest.advanceTimersByTime(14_999);
  await settle();
  expect(client.connection).toBe('connecting');
  jest.advanceTimersByTime(1);
  await settle();
  expect(client.connection).toBe('offline');
  delete net.proxy.interference.toServer;
  jest.advanceTimersByTime(100);
  await online(client);
});

test('a REST call without a response is OFFLINE after 15 s', async () => {
  stopClock();
  const isAsked = silenced();
  const client = newClient({ url: net.url });
  let code = 'none yet';
  const failed = client.logIn(newAccount()).catch((error) => {
    code = error.code;
  });
  await isAsked;
  jest.advanceTimersByTime(14_999);
  await settle();
  expect(code).toBe('none yet');
  jest.advanceTimersByTime(1);
  await settle();
  expect(code).toBe('OFFLINE');
  await failed;
});

test('a refresh without a response is OFFLINE after 8 s, even if fetch ignores its signal', async () => {
  const { storage } = await loggedIn();
  stopClock();
  let isAsked = () => {};
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve;
  });
  const hanging = () => {
    isAsked();
    return new Promise<never>(() => {});
  };
  const client = newClient({ url: net.url, storage, fetch: hanging });
  // The login has to be renewed.
  jest.setSystemTime(Date.now() + 24 * 3_600_000);
  let code = 'none yet';
  const failed = client.account.endLogin('unknown').catch((error) => {
    code = error.code;
  });
  await asked;
  jest.advanceTimersByTime(7_999);
  await settle();
  expect(code).toBe('none yet');
  // The call itself is made with the token that may have expired, and hangs as well.
  jest.advanceTimersByTime(1);
  await settle();
  jest.advanceTimersByTime(15_000);
  await settle();
  expect(code).toBe('OFFLINE');
  await failed;
});
