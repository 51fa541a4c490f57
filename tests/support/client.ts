import { io } from 'socket.io-client';
import type { ServerToClientEvents } from '../../src/domain/events';
import { type ClientSocket, PASSWORD, type SignedUp } from '../../testkit/account';
import { uniqueName } from '../../testkit/builders';
import { Changes } from '../../testkit/waiting';
import request, { type Test } from './documents/request';
import { documented } from './documents/socket';
import type { TestServer } from './testServer';

export { type ClientSocket, PASSWORD, type SignedUp };

const openSockets = new Set<ClientSocket>();

afterEach(() => {
  for (const socket of openSockets) socket.disconnect();
  openSockets.clear();
});

/** Creates an account with a unique name and returns its first login. */
export async function signUp({ url }: Pick<TestServer, 'url'>): Promise<SignedUp> {
  const username = uniqueName();
  const input = { username, email: `${username}@example.com`, password: PASSWORD };
  const response = await request(url).post('/api/auth/signup').send(input).expect(201);
  return response.body;
}

/** REST calls with the token of a login. */
export function api({ url }: Pick<TestServer, 'url'>, token: string) {
  const authorized = (call: Test) => call.set('Authorization', `Bearer ${token}`);
  return {
    get: (path: string) => authorized(request(url).get(path)),
    post: (path: string, body?: object) => authorized(request(url).post(path)).send(body),
    patch: (path: string, body?: object) => authorized(request(url).patch(path)).send(body),
    put: (path: string, body?: object) => authorized(request(url).put(path)).send(body),
    delete: (path: string, body?: object) => authorized(request(url).delete(path)).send(body),
  };
}

/** A socket that is not connected yet; it is disconnected at the end of the test. */
export function newSocket({ url }: Pick<TestServer, 'url'>, token: string, options = {}): ClientSocket {
  const socket = documented(
    io(url, {
      auth: { token },
      transports: ['websocket'],
      autoConnect: false,
      forceNew: true,
      reconnectionDelay: 20,
      reconnectionDelayMax: 100,
      ...options,
    }),
  );
  openSockets.add(socket);
  return socket;
}

/** A connected socket. */
export async function connect(
  server: Pick<TestServer, 'url'>,
  token: string,
  options = {},
): Promise<ClientSocket> {
  const socket = newSocket(server, token, options);
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  socket.connect();
  await connected;
  return socket;
}

type EventName = keyof ServerToClientEvents;
type EventValue<E extends EventName> = Parameters<ServerToClientEvents[E]>[0];

/** Collects a socket's events of one name that meet the condition, from now on, and waits for as many as a test needs. */
export function record<E extends EventName>(
  socket: ClientSocket,
  event: E,
  isWanted: (value: EventValue<E>) => boolean = () => true,
) {
  const seen: EventValue<E>[] = [];
  const changes = new Changes();
  socket.onAny((name: string, value: EventValue<E>) => {
    if (name !== event || !isWanted(value)) return;
    seen.push(value);
    changes.notify();
  });
  return {
    seen,
    /** Resolves with all events once there are `count`. */
    async atLeast(count: number): Promise<EventValue<E>[]> {
      return this.until((events) => events.length >= count);
    },
    /** Resolves with all events once they fulfill the condition. */
    async until(condition: (events: EventValue<E>[]) => boolean): Promise<EventValue<E>[]> {
      await changes.until(() => condition(seen));
      return seen;
    },
  };
}
