import { randomUUID } from 'node:crypto';
import {
  DeliveryError,
  type DeliveryProblem,
  expectNothingLost,
  type Fault,
  type ProblemKind,
  startTestServer,
  type TestServer,
  type TestUser,
} from '../../testkit/testing';
import { expectSoon } from '../../testkit/waiting';
import { type App, ClientApp, type Mistake, SocketApp } from './apps';

/** Longer than anything takes on a busy machine, and shorter than a test may take. */
const SOON_MS = 15_000;
/** When an app on a bare socket repeats a message under a fault. */
const SHORT_MS = 250;

let server: TestServer;
let ada: TestUser;
let sessionId: string;
let app: App;

beforeAll(async () => {
  server = await startTestServer();
});
beforeEach(async () => {
  ada = await server.addUser();
  sessionId = randomUUID();
});
afterEach(async () => {
  app.close();
  await server.faults.heal();
});
afterAll(() => server.close());

/** Sends a message under a fault, which is healed once the app has begun to repeat it. */
async function sendUnder(setUp: () => Promise<Fault>): Promise<void> {
  const fault = await setUp();
  if (app instanceof SocketApp) app.ackTimeoutMs = SHORT_MS;
  app.send('under a fault');
  await soon('the fault', fault.happened);
  await soon('a repetition', app.untilRepeated());
  await fault.heal();
}

/** Sends a message, and lets the server make its reply under a fault that disconnects the app. */
async function replyUnder(setUp: () => Promise<Fault | undefined>): Promise<void> {
  const reply = await server.nextReply({ pieces: ['a reply'], holdAfter: 0 });
  app.send('a question');
  await soon('the acknowledgement', app.untilShown(3));
  await soon('the request for a reply', reply.happened);
  const fault = await setUp();
  await soon('the loss of the connection', app.untilOffline());
  await reply.heal();
  if (fault) await fault.heal();
}

function soon(event: string, promise: Promise<void>): Promise<void> {
  return expectSoon(event, promise, SOON_MS);
}

/** Each fault, what happens under it, the mistake that it finds, and what the mistake does. */
const CASES: readonly [fault: string, happens: () => Promise<void>, mistake: Mistake, kind: ProblemKind][] = [
  [
    'a dropped acknowledgement',
    () => sendUnder(() => server.faults.dropAck(1, ada)),
    'sends without clientMessageId',
    'doubled',
  ],
  [
    'a held acknowledgement',
    async () => {
      const fault = await server.faults.holdAck(1, ada);
      app.send('under a fault');
      await soon('the reply', app.untilShown(3));
      await fault.heal();
    },
    'shows messages in the order of arrival',
    'reordered',
  ],
  [
    'an event that comes twice',
    async () => {
      const fault = await server.faults.deliverTwice(1, ada);
      app.send('under a fault');
      await soon('the fault', fault.happened);
    },
    'shows what arrives twice twice',
    'doubled',
  ],
  [
    'a delay',
    () => sendUnder(() => server.faults.delay(150, ada)),
    'sends without clientMessageId',
    'doubled',
  ],
  [
    'a network that is stuck',
    () => sendUnder(() => server.faults.stall(ada)),
    'sends without clientMessageId',
    'doubled',
  ],
  [
    'a frozen database',
    () => sendUnder(() => server.faults.freezeDatabase()),
    'sends without clientMessageId',
    'doubled',
  ],
  ['a cut link', () => replyUnder(() => server.faults.cut(ada)), 'does not resume', 'lost'],
  ['a kill', () => replyUnder(() => server.faults.kill()), 'does not resume', 'lost'],
  [
    'tokens that expire',
    () =>
      replyUnder(async () => {
        await server.faults.expireTokens();
        return undefined;
      }),
    'keeps its first token',
    'lost',
  ],
  [
    'a clock that moves',
    async () => {
      await server.faults.moveClock(-3_600_000);
      app.send('after the move');
      await soon('the reply', app.untilShown(4));
    },
    'orders messages by time',
    'reordered',
  ],
];

async function start(made: App): Promise<void> {
  app = made;
  if (made instanceof SocketApp) made.send('hello');
  await soon('the first reply', made.untilShown(2));
}

function view() {
  return { user: ada, sessionId, sent: app.sent, received: () => app.shown() };
}

/** The problems that the kit finds, once one is of this kind: a repetition may still be on its way. */
async function untilFound(kind: ProblemKind): Promise<readonly DeliveryProblem[]> {
  const end = performance.now() + SOON_MS;
  for (;;) {
    const problems = await expectNothingLost(view(), { timeoutMs: 300 }).then(() => [], problemsOf);
    if (problems.some((problem) => problem.kind === kind) || performance.now() > end) return problems;
  }
}

function problemsOf(error: unknown): readonly DeliveryProblem[] {
  if (error instanceof DeliveryError) return error.problems;
  throw error;
}

describe.each(CASES)('under %s', (_fault, happens, mistake, kind) => {
  test(`an app that ${mistake} fails: ${kind}`, async () => {
    await start(new SocketApp(server.url, ada, sessionId, mistake));
    await happens();
    // What the server does after the fault may take a while on a busy machine.
    const received = () => ada.stored(sessionId);
    await expectNothingLost({ user: ada, sessionId, sent: [], received }, { timeoutMs: SOON_MS });
    expect(await untilFound(kind)).toContainEqual({ kind, message: expect.any(String) });
  });

  test('the bare client of the README passes', async () => {
    await start(new SocketApp(server.url, ada, sessionId, null));
    await happens();
    await expectNothingLost(view(), { timeoutMs: SOON_MS });
  });

  test('the client library passes', async () => {
    const made = new ClientApp(server.url, ada, sessionId);
    await start(made);
    await happens();
    await expectNothingLost(view(), { timeoutMs: SOON_MS });
    await expectNothingLost(made.client, { timeoutMs: SOON_MS });
  });
});
