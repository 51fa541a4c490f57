import fc from 'fast-check';
import type { Message } from '../../src/domain/message';
import { SessionFeed } from '../../src/fleet/feed';
import type { SessionPosition, SessionTail } from '../../src/stores/fleetStore';
import { at, times } from '../../testkit/builders';
import { deferred } from '../../testkit/waiting';

const SESSION = 's';
const PAGE = 3;

/** A session in a database that several nodes write. */
class StoredSession {
  readonly messages: Message[] = [];
  key: string | null = 'k1';

  append(): Message {
    const seq = this.messages.length + 1;
    const message: Message = {
      ...{ messageId: `m${seq}`, sessionId: SESSION, seq, sender: 'user' },
      ...{ content: `text ${seq}`, timestamp: at(seq) },
    };
    this.messages.push(message);
    return message;
  }

  position(): SessionPosition | null {
    if (this.key === null) return null;
    const { length } = this.messages;
    return {
      ...{ sessionId: SESSION, userId: 'u', key: this.key, createdAt: at(0) },
      ...{ lastMessageAt: length > 0 ? at(length) : null, lastSeq: length },
    };
  }

  tail(after: number): SessionTail | null {
    const position = this.position();
    const messages = this.messages.slice(after, after + PAGE);
    return position && { position, messages, hasMore: this.messages.length > after + PAGE };
  }
}

/** A node with one feed; `seen` is what a device in the session sees, acknowledgements in parentheses. */
function newNode(session: StoredSession, delay: () => Promise<void> = async () => {}) {
  const seen: string[] = [];
  const delayed = async <T>(read: () => T): Promise<T> => {
    await delay();
    const result = read();
    await delay();
    return result;
  };
  const source = {
    position: jest.fn(() => delayed(() => session.position())),
    tail: jest.fn((after: number) => delayed(() => session.tail(after))),
  };
  const feed = new SessionFeed(source, {
    deliver: ({ seq }, exceptSocket) => void (exceptSocket === undefined && seen.push(String(seq))),
    gone: () => void seen.push('gone'),
  });
  return {
    feed,
    seen,
    source,
    /** Reports messages that this node has stored, sent by the device. */
    sent: (key: string, ...messages: Message[]) =>
      feed.stored(
        key,
        messages.map((message) => ({
          message,
          exceptSocket: 'device',
          acknowledge: () => void seen.push(`(${message.seq})`),
        })),
      ),
  };
}

type TestNode = ReturnType<typeof newNode>;

/** A node whose device joined when the session was empty. */
async function joinedNode(session: StoredSession, delay?: () => Promise<void>) {
  const node = newNode(session, delay);
  await node.feed.catchUp(0);
  node.source.tail.mockClear();
  node.source.position.mockClear();
  return node;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('messages of this node go out immediately, without a read', async () => {
  const session = new StoredSession();
  const node = await joinedNode(session);
  node.feed.stored('k1', [{ message: session.append() }, { message: session.append() }]);
  node.sent('k1', session.append());
  expect(node.seen).toEqual(['1', '2', '(3)']);
  expect(node.source.tail).not.toHaveBeenCalled();
});

test('a hint makes the feed read, once for any number of hints', async () => {
  const session = new StoredSession();
  const node = await joinedNode(session);
  for (const { seq } of times(2, () => session.append())) node.feed.hint('k1', seq);
  for (const seq of [2, 1, 2]) node.feed.hint('k1', seq);
  await settled();
  expect(node.seen).toEqual(['1', '2']);
  expect(node.source.tail.mock.calls.length).toBeLessThanOrEqual(2);
  node.feed.hint('k1', 2);
  await settled();
  expect(node.source.tail.mock.calls.length).toBeLessThanOrEqual(2);
});

test('what is missing before a message of this node goes out before its acknowledgement', async () => {
  const session = new StoredSession();
  const node = await joinedNode(session);
  times(7, () => session.append());
  node.sent('k1', session.append());
  expect(node.seen).toEqual([]);
  await settled();
  expect(node.seen).toEqual(['1', '2', '3', '4', '5', '6', '7', '(8)']);
});

test('an acknowledgement waits for one read only, and its message keeps its place', async () => {
  const session = new StoredSession();
  const node = await joinedNode(session);
  session.append();
  node.source.tail.mockRejectedValueOnce(new Error('away'));
  node.sent('k1', session.append());
  await settled();
  expect(node.seen).toEqual(['(2)']);
  node.feed.hint('k1', 2);
  await settled();
  expect(node.seen).toEqual(['(2)', '1']);
  node.sent('k1', session.append());
  expect(node.seen).toEqual(['(2)', '1', '(3)']);
});

test('a message that the database does not show yet is read again', async () => {
  const session = new StoredSession();
  const node = await joinedNode(session);
  session.append();
  const second = session.append();
  const shown = session.tail(0);
  node.source.tail.mockResolvedValueOnce(shown && { ...shown, messages: [] });
  node.feed.stored('k1', [{ message: second }]);
  const until = deferred();
  const timer = setInterval(() => node.seen.length === 2 && until.resolve(), 10);
  await until.promise;
  clearInterval(timer);
  expect(node.seen).toEqual(['1', '2']);
});

test('a session that was deleted, or recreated with the same id, ends the feed', async () => {
  for (const key of [null, 'k2']) {
    const session = new StoredSession();
    const node = await joinedNode(session);
    node.sent('k1', session.append());
    session.key = key;
    await node.feed.observe(session.position());
    expect(node.seen).toEqual(['(1)', 'gone']);
    expect(node.feed.isClosed).toBe(true);
  }
});

test('a message that is stored while the first join reads waits for what the join names', async () => {
  const session = new StoredSession();
  const reading = deferred();
  const node = newNode(session, () => reading.promise);
  times(2, () => session.append());
  const joined = node.feed.catchUp(2);
  times(2, () => session.append());
  node.feed.stored('k1', [{ message: session.append() }]);
  expect(node.seen).toEqual([]);
  reading.resolve();
  expect(await joined).toBe(5);
  expect(node.seen).toEqual(['3', '4', '5']);
});

test('a join whose read fails does not hold up what was sent meanwhile', async () => {
  const session = new StoredSession();
  const node = newNode(session);
  node.source.position.mockRejectedValueOnce(new Error('away'));
  const joined = node.feed.catchUp(0);
  node.sent('k1', session.append());
  await expect(joined).rejects.toThrow('away');
  await settled();
  expect(node.seen).toEqual(['(1)']);
});

const COPIES = { drop: 0, send: 1, double: 2 };
const FATES = ['drop', 'send', 'double'] as const;

test('whatever the bus drops, doubles, reorders and delays: what is delivered is what is stored', async () => {
  /** Each step is a message stored on one of three nodes, and what becomes of its hint to each of the others. */
  const hintFates = fc.array(fc.constantFrom(...FATES), { minLength: 3, maxLength: 3 });
  const steps = fc.array(fc.record({ node: fc.nat(2), isSent: fc.boolean(), fates: hintFates }), {
    maxLength: 25,
  });
  await fc.assert(
    fc.asyncProperty(steps, fc.scheduler(), async (plan, scheduler) => {
      const session = new StoredSession();
      const delay = () => scheduler.schedule(Promise.resolve());
      const nodes = times(3, () => newNode(session, delay));
      const joining = nodes.map(({ feed }) => feed.catchUp(0));

      const hintLater = (node: TestNode, copies: number, seq: number) => {
        for (const _ of times(copies, String)) void delay().then(() => node.feed.hint('k1', seq));
      };
      const runStep = async ({ node, isSent, fates }: (typeof plan)[number]) => {
        const message = session.append();
        const writer = nodes[node];
        if (isSent) writer?.sent('k1', message);
        else writer?.feed.stored('k1', [{ message }]);
        for (const [index, fate] of fates.entries()) {
          const other = nodes[index];
          if (other && other !== writer) hintLater(other, COPIES[fate], message.seq);
        }
      };
      const allSteps = plan.map((step) => scheduler.schedule(Promise.resolve()).then(() => runStep(step)));
      await scheduler.waitFor(Promise.all([...joining, ...allSteps]));
      // The position check is what finds messages whose hints were all lost.
      await scheduler.waitFor(Promise.all(nodes.map(({ feed }) => feed.observe(session.position()))));
      await scheduler.waitAll();

      const stored = session.messages.map(({ seq }) => seq);
      for (const { seen } of nodes) {
        expect(seen.map((event) => Number(event.replace(/[()]/g, '')))).toEqual(stored);
      }
    }),
    { numRuns: 200 },
  );
});
