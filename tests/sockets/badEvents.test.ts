import { randomUUID } from 'node:crypto';
import type { Message } from '../../src/domain/message';
import { times } from '../../testkit/builders';
import { type ClientSocket, connect, record, signUp } from '../support/client';
import { connectRaw } from '../support/rawConnection';
import { askAnything, emitAnything, failureIn, send } from '../support/socketCalls';
import { startTestServer, type TestServer } from '../support/testServer';

const EVENTS = ['message', 'join-session', 'leave-session'];

const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));

/** Payloads that are right for no event. */
const PAYLOADS: readonly (readonly [string, readonly unknown[]])[] = [
  ['nothing', []],
  ['null', [null]],
  ['a number', [1]],
  ['true', [true]],
  ['an empty string', ['']],
  ['an empty object', [{}]],
  ['an empty list', [[]]],
  ['a list of the fields', [[randomUUID(), 'content']]],
  ['lists in lists', [nested(500)]],
  ['objects in the places of strings', [{ sessionId: { $ne: null }, content: { toString: 'x' } }]],
  ['lists in the places of strings', [{ sessionId: [randomUUID()], content: ['x'] }]],
  ['__proto__', [JSON.parse(`{"__proto__":{"sessionId":"${randomUUID()}","content":"x"}}`)]],
  ['constructor', [{ constructor: { prototype: { sessionId: randomUUID() } }, hasOwnProperty: 1 }]],
  ['many arguments', times(500, (index) => index)],
  ['bytes', [Buffer.from('bytes')]],
  ['bytes in the places of strings', [{ sessionId: Buffer.from(randomUUID()), content: Buffer.from('x') }]],
  ['the right payload in the second place', [null, { sessionId: randomUUID(), content: 'x' }]],
];

const UNKNOWN_EVENTS = ['no-such-event', '', 'error', 'connection', 'data', 'end', 'close', 'ping', 'pong']
  .concat(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'authenticated', 'session'])
  .concat(['x'.repeat(10_000)]);

let server: TestServer;
let tokens: { bad: string; good: string };
let bad: ClientSocket;
let good: ClientSocket;

beforeAll(async () => {
  server = await startTestServer();
  const [attacker, bystander] = await Promise.all([signUp(server), signUp(server)]);
  tokens = { bad: attacker.token, good: bystander.token };
});

beforeEach(async () => {
  [bad, good] = await Promise.all([connect(server, tokens.bad), connect(server, tokens.good)]);
});

/** Fails if the server has died, or forgets anybody else. */
async function expectOthersGoOn(): Promise<void> {
  const heard: Promise<Message> = new Promise((resolve) => good.once('message', resolve));
  const { messageId } = await send(good, randomUUID(), 'still there?');
  expect((await heard).replyTo).toBe(messageId);
}

describe.each(EVENTS)('%s with', (event) => {
  test.each(PAYLOADS)('%s is refused, and the next event is not', async (_name, args) => {
    expect(failureIn(await askAnything(bad, event, ...args)).code).toBe('VALIDATION_FAILED');
    const errors = record(bad, 'error');
    emitAnything(bad, event, ...args);
    expect(await errors.atLeast(1)).toMatchObject([{ code: 'VALIDATION_FAILED', event }]);
    await send(bad, randomUUID(), 'I can do better');
    await expectOthersGoOn();
  });
});

test.each(UNKNOWN_EVENTS.map((event) => [event.slice(0, 20), event]))(
  'the event "%s" is unknown',
  async (_start, event = '') => {
    const failure = failureIn(await askAnything(bad, event, { sessionId: randomUUID(), content: 'x' }));
    const message =
      'must be one of: join-session, stop-reply, regenerate, authenticate, leave-session, message';
    expect(failure).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ field: 'event', message }] });
    const errors = record(bad, 'error');
    emitAnything(bad, event);
    expect(await errors.atLeast(1)).toMatchObject([{ code: 'VALIDATION_FAILED', event }]);
    await send(bad, randomUUID(), 'I can do better');
    await expectOthersGoOn();
  },
);

test('an ack in the place of the payload, or in the middle, is no payload', async () => {
  const errors = record(bad, 'error');
  emitAnything(bad, 'message', () => {}, { sessionId: randomUUID(), content: 'x' });
  expect(await errors.atLeast(1)).toMatchObject([{ code: 'VALIDATION_FAILED', event: 'message' }]);
  expect(failureIn(await askAnything(bad, 'message', () => {})).code).toBe('VALIDATION_FAILED');
  await expectOthersGoOn();
});

test('more arguments than the payload change nothing', async () => {
  const payload = { sessionId: randomUUID(), content: 'x' };
  expect(await askAnything(bad, 'message', payload, ...times(100, String))).toMatchObject({ ok: true });
  await expectOthersGoOn();
});

test('a thousand bad events at once are refused, each', async () => {
  const answers = await Promise.all(times(1_000, () => askAnything(bad, 'message', null)));
  expect(answers.filter(({ ok }) => !ok)).toHaveLength(1_000);
  await expectOthersGoOn();
});

test('an event without a name or with a number for it is unknown', async () => {
  const raw = await connectRaw(server, tokens.bad);
  raw.send('421', '422[7]', '42');
  for (const start of ['431[', '432[']) expect(await raw.frame(start)).toContain('VALIDATION_FAILED');
  expect(await raw.frame('42["error"')).toContain('"event":"undefined"');
  expect(raw.frames.join()).not.toContain('function');
  await expectOthersGoOn();
});

test.each(['[]', '{"a":}'])('%s in each other, 5,000 deep, are refused', async (brackets) => {
  const [open = '', close = ''] = [brackets.slice(0, -1), brackets.slice(-1)];
  const raw = await connectRaw(server, tokens.bad);
  for (const [id, event] of EVENTS.entries()) {
    raw.send(`42${id}["${event}",${open.repeat(5_000)}null${close.repeat(5_000)}]`);
    expect(await raw.frame(`43${id}[`)).toContain('VALIDATION_FAILED');
  }
  await expectOthersGoOn();
});
