import type { Message } from '../../src/domain/message';
import type { Fault, Faults, RemoteTestServer, TestUser } from './kit';

/** The user of `addUser`, without its function. */
type PlainUser = Omit<TestUser, 'stored'>;

/** The paths of the control port. The body of each request is a list of arguments, that of each response has the result. */
export const CONTROL_PATHS = {
  url: '/url',
  addUser: '/users',
  stored: '/stored',
  seed: '/seed',
  nextReply: '/replies',
  /** Before the name of a fault. */
  faults: '/faults/',
  /** Before the id of a fault that was set up. */
  happened: '/happened/',
  heal: '/heal/',
} as const;

/**
 * Connects to a server that was started with `controlPort`, by its `controlUrl`. Works in browsers too: pages of loopback may use it. Every
 * call rejects with the error of the server.
 */
export async function connectTestServer(controlUrl: string): Promise<RemoteTestServer> {
  async function call<T>(path: string, ...args: readonly unknown[]): Promise<T> {
    // An argument that is left out would be null in JSON.
    const body = JSON.stringify(args.filter((arg) => arg !== undefined));
    const response = await fetch(new URL(path, controlUrl), { method: 'POST', body });
    const answer: { result: T; error?: string } = JSON.parse(await response.text());
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.result;
  }

  /** The server knows a fault by its id. */
  async function setUp(path: string, ...args: readonly unknown[]): Promise<Fault> {
    const id = await call<number>(path, ...args);
    const happened = call<void>(CONTROL_PATHS.happened + id);
    // Nobody may wait for it.
    happened.catch(() => {});
    return { happened, heal: () => call<void>(CONTROL_PATHS.heal + id) };
  }

  const pathOf = (name: keyof Faults) => CONTROL_PATHS.faults + name;
  const faults: Faults = {
    cut: (user) => setUp(pathOf('cut'), user),
    stall: (user) => setUp(pathOf('stall'), user),
    delay: (milliseconds, user) => setUp(pathOf('delay'), milliseconds, user),
    holdAck: (nth = 1, user) => setUp(pathOf('holdAck'), nth, user),
    dropAck: (nth = 1, user) => setUp(pathOf('dropAck'), nth, user),
    deliverTwice: (nth = 1, user) => setUp(pathOf('deliverTwice'), nth, user),
    kill: () => setUp(pathOf('kill')),
    restart: () => call<void>(pathOf('restart')),
    freezeDatabase: () => setUp(pathOf('freezeDatabase')),
    moveClock: (milliseconds) => call<void>(pathOf('moveClock'), milliseconds),
    expireTokens: () => call<void>(pathOf('expireTokens')),
    heal: () => call<void>(pathOf('heal')),
  };
  return {
    url: await call<string>(CONTROL_PATHS.url),
    faults,
    async addUser(username) {
      const user = await call<PlainUser>(CONTROL_PATHS.addUser, username);
      const stored = (sessionId?: string) => call<Message[]>(CONTROL_PATHS.stored, user.user.id, sessionId);
      return { ...user, stored };
    },
    seed: (user, input) => call(CONTROL_PATHS.seed, user, input),
    nextReply: (reply) => setUp(CONTROL_PATHS.nextReply, reply),
  };
}
