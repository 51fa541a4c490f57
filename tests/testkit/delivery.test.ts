import type { Message } from '../../src/domain/message';
import { DeliveryError, expectNothingLost, type MessageLike, type Shown, watch } from '../../testkit/testing';

/** The messages of a session: `?text` is the user's, `text` a reply to the last one of the user. */
function conversation(...texts: string[]): Message[] {
  let replyTo = '';
  return texts.map((text, index) => {
    const seq = index + 1;
    const isOwn = text.startsWith('?');
    if (isOwn) replyTo = `id ${seq}`;
    const base = { messageId: `id ${seq}`, sessionId: 's', seq, timestamp: '2026-01-01T00:00:00.000Z' };
    return isOwn
      ? { ...base, sender: 'user', content: text.slice(1) }
      : { ...base, sender: 'server', content: text, replyTo };
  });
}

/** The problems that are found, as one text. */
async function problemsOf(sent: readonly MessageLike[], stored: Message[], shown: Shown): Promise<string> {
  const view = { user: { stored: async () => stored }, sent, received: shown };
  const error = await expectNothingLost(view, { timeoutMs: 0 }).catch((reason) => reason);
  if (error === undefined) return '';
  if (!(error instanceof DeliveryError)) throw error;
  return error.problems.map(({ kind, message }) => `${kind}: ${message}`).join('\n');
}

const STORED = conversation('?a', 'A', '?b', 'B');
const texts = (messages: readonly Message[]) => messages.map(({ content }) => content);

test.each<[what: string, sent: MessageLike[], stored: Message[], shown: Shown, found: RegExp | '']>([
  ['nothing', ['a', 'b'], STORED, ['a', 'A', 'b', 'B'], ''],
  ['nothing among messages', ['a', 'b'], STORED, STORED, ''],
  [
    'nothing where each reply is below its message',
    ['a', 'b'],
    conversation('?a', '?b', 'B'),
    ['a', 'b', 'B'],
    /^unanswered: "a" \(seq 1\) has no reply/,
  ],
  ['nothing in what was there before', ['b'], STORED, STORED, ''],
  [
    'a sent message that is not stored',
    ['a', 'b', 'c'],
    STORED,
    STORED,
    /^lost: "c" was sent once and is stored not at all\. Keep/,
  ],
  [
    'a sent message that is stored twice',
    ['a'],
    conversation('?a', 'A', '?a', 'A'),
    ['a', 'A', 'a', 'A'],
    /^doubled: "a" was sent once and is stored twice, as seq 1 and 3\. Give each message a clientMessageId/,
  ],
  [
    'nothing in a text that was sent twice',
    ['a', 'a'],
    conversation('?a', 'A', '?a', 'A'),
    ['a', 'A', 'a', 'A'],
    '',
  ],
  [
    'messages that are stored in another order',
    ['b', 'a'],
    STORED,
    STORED,
    /^reordered: "b" was sent before "a", and is stored after it\./,
  ],
  [
    'a message that is not shown',
    ['a', 'b'],
    STORED,
    ['a', 'A', 'b'],
    /^lost: "B" is stored as seq 4, and shown not at all\. After each connect/,
  ],
  [
    'a message that is shown twice',
    ['a', 'b'],
    STORED,
    ['a', 'A', 'A', 'b', 'B'],
    /^doubled: "A" is stored as seq 2, and shown twice\. .*keep messages by seq/,
  ],
  [
    'a message that is only shown',
    ['a'],
    STORED,
    [...texts(STORED), 'c'],
    /^lost: "c" is shown, but not stored\./,
  ],
  [
    'a wrong order',
    ['a', 'b'],
    STORED,
    ['A', 'a', 'b', 'B'],
    /^reordered: "A" is shown in place of "a" \(seq 1\)\. Show messages in the order of seq/,
  ],
  [
    'a wrong order of equal texts that have ids',
    ['a', 'a'],
    conversation('?a', 'a'),
    [...conversation('?a', 'a')].reverse(),
    /^lost: "a" was sent twice/,
  ],
])('it finds %s', async (_what, sent, stored, shown, found) => {
  const problems = await problemsOf(sent, stored, shown);
  if (found === '') expect(problems).toBe('');
  else expect(problems).toMatch(found);
});

test('each reply may be shown below its message', async () => {
  const [a, b] = conversation('?a', '?b');
  const replies = conversation('?a', '?b', 'A', 'B')
    .slice(2)
    .map((reply, index) => ({ ...reply, replyTo: `id ${index + 1}` }));
  const stored = [a, b, ...replies].flatMap((message) => message ?? []);
  expect(await problemsOf(['a', 'b'], stored, ['a', 'A', 'b', 'B'])).toBe('');
  expect(await problemsOf(['a', 'b'], stored, ['a', 'b', 'A', 'B'])).toBe('');
  expect(await problemsOf(['a', 'b'], stored, ['a', 'B', 'b', 'A'])).toMatch(/^reordered/);
});

test('the error lists the problems, and the ends of both conversations', async () => {
  const user = { stored: async () => STORED };
  await expect(expectNothingLost({ user, sent: ['a'], received: ['a'] }, { timeoutMs: 0 })).rejects.toThrow(
    `The app does not show what the server has stored:
- lost: "A" is stored as seq 2, and shown not at all. After each connect, emit join-session with \`after\`: the last seq up to which nothing is missing.
- lost: "b" is stored as seq 3, and shown not at all. After each connect, emit join-session with \`after\`: the last seq up to which nothing is missing.
- lost: "B" is stored as seq 4, and shown not at all. After each connect, emit join-session with \`after\`: the last seq up to which nothing is missing.
Stored: 1 user "a", 2 server "A", 3 user "b", 4 server "B"
Shown: "a"`,
  );
});

test('it waits for an app that catches up', async () => {
  let asked = 0;
  const received = () => {
    asked += 1;
    return STORED.slice(0, asked);
  };
  await expectNothingLost({ user: { stored: async () => STORED }, sent: ['a', 'b'], received });
  expect(asked).toBe(4);
});

test('a comparison of nothing with nothing is an error', async () => {
  const view = { user: { stored: async () => [] }, sent: [], received: [] };
  await expect(expectNothingLost(view)).rejects.toThrow(
    'Nothing was sent, stored or shown, so nothing is proven',
  );
});

/** A client library with mistakes: it has these messages, and delivers others. */
function wrongClient(stored: Message[], delivered: Message[]) {
  return watch({
    async send(_sessionId: string, content: string) {
      const message = stored.find((each) => each.content === content);
      if (!message) throw new Error('refused');
      return message;
    },
    subscribe(_sessionId: string, { onMessage }: { after?: number; onMessage(message: Message): void }) {
      for (const message of delivered) onMessage(message);
      return { close() {} };
    },
    history: async () => ({ messages: stored, hasMore: false }),
  });
}

test('a watched client is compared by what it delivered', async () => {
  const seen: Message[] = [];
  const onMessage = (message: Message) => seen.push(message);
  const good = wrongClient(STORED, STORED.slice(1));
  await good.send('s', 'a');
  await expect(good.send('s', 'other')).rejects.toThrow('refused');
  good.subscribe('s', { after: 1, onMessage });
  await expectNothingLost(good, { timeoutMs: 0 });
  expect(seen).toEqual(STORED.slice(1));

  const ended = wrongClient(STORED, STORED.slice(1, 3));
  ended.subscribe('s', { onMessage }).close();
  await expectNothingLost(ended, { timeoutMs: 0 });

  const wrong = wrongClient(STORED, [...STORED.slice(1), ...STORED.slice(3)]);
  wrong.subscribe('s', { after: 0, onMessage });
  await expect(expectNothingLost(wrong, { timeoutMs: 0 })).rejects.toMatchObject({
    problems: [{ kind: 'lost' }, { kind: 'doubled' }],
  });
});

test('a client that is not watched is an error that says what to do', async () => {
  const client = {
    send: async () => STORED[0],
    subscribe: () => ({ close() {} }),
    history: async () => ({ messages: STORED, hasMore: false }),
  };
  await expect(
    expectNothingLost(Object.assign(client, { send: () => Promise.reject(new Error()) })),
  ).rejects.toThrow('let the app use the client that watch(client) returns');
});
