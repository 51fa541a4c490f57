import { ChatClientError } from '../../client/src';
import type { Message } from '../../src/domain/message';
import type { Session } from '../../src/domain/session';
import { nameOf, searchByName, withFirstPage } from '../../web/state/sessionList';
import { Timeline, type TimelineInput, withMessage } from '../../web/state/timeline';
import { dayInText, dayName, shortTime } from '../../web/text/dates';
import { explain, formProblems } from '../../web/text/errors';
import { deviceName, initialsOf } from '../../web/text/labels';

/** Local times, because the page shows times in the reader's time zone. */
const local = (day: number, hour: number) => new Date(2026, 10, day, hour).toISOString();
const NOW = new Date(2026, 10, 24, 12);

describe('days and times', () => {
  test.each([
    [local(24, 0), 'Today', 'today'],
    [local(23, 23), 'Yesterday', 'yesterday'],
    [local(22, 23), 'Sunday 22 November', 'Sunday 22 November'],
    [new Date(2025, 10, 24).toISOString(), '24 November 2025', '24 November 2025'],
  ])('%s is %s', (time, name, inText) => {
    expect(dayName(time, NOW).replace(',', '')).toBe(name);
    expect(dayInText(time, NOW).replace(',', '')).toBe(inText);
  });

  test('are short in a list', () => {
    expect(shortTime(local(24, 9), NOW)).toMatch(/^0?9:00/);
    expect(shortTime(local(23, 9), NOW)).toBe('Yesterday');
    expect(shortTime(local(2, 9), NOW)).toBe('2 Nov');
  });
});

describe('a conversation', () => {
  const message = (seq: number, fields: Partial<Message> = {}): Message => ({
    messageId: `id ${seq}`,
    sessionId: 'session',
    seq,
    sender: 'user',
    content: `message ${seq}`,
    timestamp: local(24, 10),
    ...fields,
  });

  test('contains each message once and in seq order, however they arrive', () => {
    const arriving = [3, 1, 3, 2, 5, 1, 4].map((seq) => message(seq));
    const merged = arriving.reduce<readonly Message[]>(withMessage, []);
    expect(merged.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  });

  test('has a heading above the first message of each day', () => {
    const messages = [local(22, 9), local(22, 10), local(24, 1)].map((timestamp, index) =>
      message(index + 1, { timestamp }),
    );
    const kinds = entriesOf({ messages }).map(({ kind }) => kind);
    // The last one is the reply that is awaited.
    expect(kinds).toEqual(['day', 'message', 'message', 'day', 'message', 'message']);
  });

  test('shows the delivery state of each message', () => {
    const waiting = { sessionId: 'session', createdAt: local(24, 11) };
    const entries = entriesOf({
      messages: [
        message(1, { clientMessageId: 'a' }),
        message(2, { sender: 'server', replyTo: 'id 1' }),
        message(3, { clientMessageId: 'b' }),
      ],
      // The outbox may still contain a message that is already stored.
      pending: [
        { ...waiting, clientMessageId: 'b', content: 'message 3' },
        { ...waiting, clientMessageId: 'c', content: 'message 4' },
      ],
      refused: [{ ...waiting, clientMessageId: 'd', content: 'message 5', reason: 'too long' }],
    });
    const found = entries.flatMap((entry) => (entry.kind === 'message' ? [[entry.key, entry.delivery]] : []));
    expect(found).toEqual([
      ['a', 'answered'],
      ['reply 1 to id 1', null],
      ['b', 'sent'],
      ['reply 1 to id 3', null],
      ['d', 'refused'],
      ['c', 'unsent'],
    ]);
  });

  test('keeps the entry of a reply while it is made and when it is stored', () => {
    const draft = { replyTo: 'id 1', variant: 1, attempt: 1, text: 'so far', state: 'writing' as const };
    const asked = [message(1)];
    const replied = [...asked, message(2, { sender: 'server', replyTo: 'id 1' })];
    const keys = [
      entriesOf({ messages: asked }),
      entriesOf({ messages: asked, draft }),
      entriesOf({ messages: replied }),
    ].map((entries) => entries.map(({ key }) => key));
    expect(keys).toEqual(Array(3).fill(['day of id 1', 'id 1', 'reply 1 to id 1']));
  });

  test('changes only the groups in which something has changed, wherever messages are added', () => {
    const timeline = new Timeline();
    const all = Array.from({ length: 200 }, (_, index) => message(index + 1, { sender: 'server' }));
    const shown = (from: number, to: number) =>
      timeline.update({
        messages: all.slice(from, to),
        pending: [],
        refused: [],
        draft: null,
        hasNewer: false,
      });
    const before = new Set(shown(95, 150));
    const after = shown(45, 151);
    expect(after.filter((group) => before.has(group)).map(({ key }) => key)).toEqual([5, 6]);
    expect(after.map(({ key }) => key)).toEqual([2, 3, 4, 5, 6, 7]);
    expect(after.flatMap(({ entries }) => entries)).toHaveLength(107);
  });
});

function entriesOf(input: Partial<TimelineInput>) {
  const groups = new Timeline().update({
    messages: [],
    pending: [],
    refused: [],
    draft: null,
    hasNewer: false,
    ...input,
  });
  return groups.flatMap(({ entries }) => entries);
}

describe('the list of chats', () => {
  const session = (id: string, lastMessageAt: string | null, name: string | null = id): Session => ({
    id,
    userId: 'user',
    name,
    createdAt: local(1, 0),
    lastMessageAt,
    lastSeq: 0,
    readSeq: 0,
    pinned: false,
    archived: false,
    preview: null,
  });
  const ids = (sessions: readonly Session[]) => sessions.map(({ id }) => id);
  const [a, b, c, d] = [
    session('a', local(9, 0)),
    session('b', local(8, 0)),
    session('c', local(7, 0)),
    session('d', null),
  ];

  test('removes deleted chats by the first page, and keeps those older than that page', () => {
    expect(ids(withFirstPage([a, b, c, d], { sessions: [a, c], nextCursor: 'more' }))).toEqual([
      'a',
      'c',
      'd',
    ]);
    expect(ids(withFirstPage([a, b, c, d], { sessions: [a, c], nextCursor: null }))).toEqual(['a', 'c']);
    expect(ids(withFirstPage([a], { sessions: [], nextCursor: null }))).toEqual([]);
    // Meanwhile, "c" has become the newest one.
    const newest = { ...c, lastMessageAt: local(10, 0), lastSeq: 2 };
    expect(withFirstPage([newest, a, b, d], { sessions: [a, c], nextCursor: 'more' })).toEqual([
      newest,
      a,
      b,
      d,
    ]);
  });

  test('is searched by name, ignoring case', () => {
    const named = [session('x', null, 'Straße in Porto'), session('y', null, null)];
    expect(ids(searchByName(named, ' PORTO '))).toEqual(['x']);
    expect(ids(searchByName(named, 'new'))).toEqual(['y']);
    expect(searchByName(named, ' ')).toBe(named);
    expect(nameOf(session('y', null, null))).toBe('New chat');
  });
});

describe('errors', () => {
  const failure = (code: ChatClientError['code'], details = {}) =>
    new ChatClientError(code, 'as it is', details);

  test.each([
    [failure('OFFLINE'), 'can’t be reached'],
    [failure('RATE_LIMITED', { retryAfterMs: 11_200 }), 'in 12 seconds'],
    [failure('RATE_LIMITED', { retryAfterMs: 3 }), 'in a second'],
    [failure('INVALID_CREDENTIALS'), 'The email, username or password is incorrect.'],
    [
      failure('VALIDATION_FAILED', { errors: [{ field: 'content', message: 'must not be blank' }] }),
      'The message must not be blank.',
    ],
    [failure('INTERNAL'), 'as it is'],
    [new TypeError('x is undefined'), 'Reload it'],
  ])('are explained in plain words: %p', (error, words) => {
    expect(explain(error)).toContain(words);
    expect(explain(error)).not.toContain('undefined');
  });

  test('are assigned to their fields', () => {
    const errors = [
      { field: 'email', message: 'must be an email address' },
      { field: 'other', message: 'is wrong' },
    ];
    expect(formProblems(failure('VALIDATION_FAILED', { errors }), ['email'])).toEqual({
      fields: { email: 'Email must be an email address.' },
      form: null,
    });
    expect(formProblems(failure('EMAIL_TAKEN'), ['username', 'email']).fields).toHaveProperty('email');
    expect(formProblems(failure('OFFLINE'), ['email']).form).toContain('can’t be reached');
  });
});

test.each([
  ['Weekend in Porto', 'WP'],
  ['john_doe', 'JD'],
  ['ada', 'A'],
  ['  ', '·'],
  ['“Éclairs”', 'É'],
  ['日本語', '日'],
])('the initials of %s are %s', (name, initials) => {
  expect(initialsOf(name)).toBe(initials);
});

test.each([
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/143.0 Safari/537.36 Edg/143.0',
    'Edge on Windows',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1',
    'Safari on iPhone',
  ],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
  ['Mozilla/5.0 (Linux; Android 15) Chrome/143.0 Mobile Safari/537.36', 'Chrome on Android'],
  ['node', 'node'],
  ['curl/8.5.0', 'curl'],
  [null, 'Unknown device'],
])('the device with the user agent %s is %s', (agent, name) => {
  expect(deviceName(agent)).toBe(name);
});
