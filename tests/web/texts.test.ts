import { ChatClientError } from '../../client/src';
import type { Draft, Message } from '../../src/domain/message';
import type { Session } from '../../src/domain/session';
import { groupSessions } from '../../web/state/sessionGroups';
import { nameOf, searchByName, withFirstPage } from '../../web/state/sessionList';
import { Timeline, type TimelineInput, tipAmong, withMessage } from '../../web/state/timeline';
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
      ['reply to id 1', null],
      ['b', 'sent'],
      ['reply to id 3', null],
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
      entriesOf({ messages: asked, drafts: [draft] }),
      entriesOf({ messages: replied }),
    ].map((entries) => entries.map(({ key }) => key));
    expect(keys).toEqual(Array(3).fill(['day of id 1', 'id 1', 'reply to id 1']));
  });

  test('changes only the groups in which something has changed, wherever messages are added', () => {
    const timeline = new Timeline();
    const all = Array.from({ length: 200 }, (_, index) => exchanged(index + 1));
    const shown = (from: number, to: number) =>
      timeline.update({ ...NOTHING, messages: all.slice(from, to) });
    const before = new Set(shown(94, 150));
    const after = shown(44, 151);
    expect(after.filter((group) => before.has(group)).map(({ key }) => key)).toEqual([5, 6]);
    expect(after.map(({ key }) => key)).toEqual([2, 3, 4, 5, 6, 7]);
    expect(after.flatMap(({ entries }) => entries)).toHaveLength(109);
  });

  test('changes only the group of a reply that grows, wherever it is', () => {
    const timeline = new Timeline();
    const messages = Array.from({ length: 200 }, (_, index) => exchanged(index + 1));
    const before = new Set(timeline.update({ ...NOTHING, messages }));
    const draft = { replyTo: 'id 101', variant: 2, attempt: 1, text: 'so far', state: 'writing' as const };
    const input = { ...NOTHING, messages, drafts: [draft] };
    const changed = timeline.update(input).filter((group) => !before.has(group));
    expect(changed.map(({ key }) => key)).toEqual([5]);
    expect(changed[0]?.entries[1]).toMatchObject({ content: 'so far', position: 2, count: 2 });
    expect(timeline.update({ ...input, drafts: [] }).filter((group) => !before.has(group))).toHaveLength(1);
  });

  test('shows the newest reply to a message in its place, or the one that was chosen', () => {
    const messages = [
      exchanged(1),
      exchanged(2),
      exchanged(3),
      exchanged(4),
      message(5, { sender: 'server', replyTo: 'id 1', variant: 2 }),
    ];
    expect(textsOf({ messages })).toEqual(['message 1', 'message 5', 'message 3', 'message 4']);
    const shownReplies = new Map([['id 1', 'id 2']]);
    const entries = entriesOf({ messages, shownReplies });
    expect(textsOf({ messages, shownReplies })).toEqual(['message 1', 'message 2', 'message 3', 'message 4']);
    expect(entries[2]).toMatchObject({ key: 'reply to id 1', position: 1, count: 2, offer: null });
    expect(entries[4]).toMatchObject({ count: 1, offer: 'regenerate' });
  });

  test('offers another try where a reply has failed or was stopped, unless one is being made', () => {
    const messages = [
      exchanged(1),
      exchanged(2, { finish: 'failed', error: { code: 'RESPONDER_BUSY' } }),
      exchanged(3),
      exchanged(4, { finish: 'failed', error: { code: 'CONTEXT_TOO_LONG' } }),
      exchanged(5),
      exchanged(6, { finish: 'stopped' }),
    ];
    const offers = (drafts: Draft[]) =>
      entriesOf({ messages, drafts }).flatMap((entry) =>
        entry.kind === 'message' && entry.sender === 'server' ? [entry.offer] : [],
      );
    expect(offers([])).toEqual(['tryAgain', null, 'tryAgain']);
    const draft: Draft = { replyTo: 'id 5', variant: 2, attempt: 1, text: '', state: 'asking' };
    expect(offers([draft])).toEqual(['tryAgain', null, null]);
  });

  test('keeps the reply of a message when another one has failed, with the reason', () => {
    const messages = [exchanged(1), exchanged(2)];
    const error = { code: 'RESPONDER_FAILED' as const };
    const failed: Draft = { replyTo: 'id 1', variant: 2, attempt: 1, text: '', state: 'failed', error };
    const kept = { content: 'message 2', count: 1, failedAgain: 'RESPONDER_FAILED', offer: 'tryAgain' };
    expect(entriesOf({ messages, drafts: [failed] }).at(-1)).toMatchObject(kept);
    const newer = message(3, { sender: 'server', replyTo: 'id 1', variant: 3 });
    const entry = entriesOf({ messages: [...messages, newer], drafts: [failed] }).at(-1);
    expect(entry).toMatchObject({ content: 'message 3', count: 2, failedAgain: null, offer: 'regenerate' });
  });

  test('shows the newest branch, or that of another version', () => {
    const messages = [1, 2, 3, 4, 5, 6].map((seq) => exchanged(seq));
    messages.push(exchanged(7, { replaces: 'id 3' }), exchanged(8));
    const newest = ['message 1', 'message 2', 'message 7', 'message 8'];
    const first = ['message 1', 'message 2', 'message 3', 'message 4', 'message 5', 'message 6'];
    expect(textsOf({ messages })).toEqual(newest);
    expect(textsOf({ messages, tip: 'id 5' })).toEqual(first);
    // The message that it names is no longer there.
    expect(textsOf({ messages, tip: 'unknown' })).toEqual(newest);
    const versions = [null, 'id 5'].map((tip) => entriesOf({ messages, tip })[3]);
    expect(versions).toMatchObject([
      { key: 'id 3', position: 2, count: 2 },
      { key: 'id 3', position: 1, count: 2 },
    ]);
  });

  test('shows an unsent edited version in its place, and what was sent after it', () => {
    const unsent = { sessionId: 'session', createdAt: local(24, 11) };
    const pending = [
      { ...unsent, clientMessageId: 'a', content: 'edited', replaces: 'id 3' },
      { ...unsent, clientMessageId: 'b', content: 'next' },
    ];
    const messages = [1, 2, 3, 4, 5, 6].map((seq) => exchanged(seq));
    expect(textsOf({ messages, pending })).toEqual(['message 1', 'message 2', 'edited', 'next']);
    const edited = entriesOf({ messages, pending })[3];
    expect(edited).toMatchObject({ key: 'id 3', delivery: 'unsent', position: 2, count: 2 });
    // Known by the id that the page has given it, also when it is stored.
    const stored = [...messages, message(7, { clientMessageId: 'a', replaces: 'id 3', content: 'edited' })];
    expect(tipAmong(stored, 'a')).toBe('id 7');
  });

  /** Messages with an odd number, and replies to them. */
  function exchanged(seq: number, fields: Partial<Message> = {}): Message {
    if (seq % 2 === 1) return message(seq, fields);
    return message(seq, { sender: 'server', replyTo: `id ${seq - 1}`, ...fields });
  }
});

const NOTHING: TimelineInput = {
  messages: [],
  pending: [],
  refused: [],
  hasNewer: false,
  drafts: [],
  tip: null,
  shownReplies: new Map(),
};

function entriesOf(input: Partial<TimelineInput>) {
  return new Timeline().update({ ...NOTHING, ...input }).flatMap(({ entries }) => entries);
}

function textsOf(input: Partial<TimelineInput>): string[] {
  return entriesOf(input).flatMap((entry) => (entry.kind === 'message' ? [entry.content] : []));
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

  test('has groups: pinned, by the days of the last week, then by month', () => {
    const at = (id: string, year: number, month: number, day: number, hour = 0) =>
      session(id, new Date(year, month - 1, day, hour).toISOString());
    const all = [
      at('future', 2026, 3, 11),
      at('midnight', 2026, 3, 10),
      { ...at('pinned', 2026, 3, 9, 23), pinned: true },
      at('late', 2026, 3, 9, 23),
      at('week', 2026, 3, 3),
      at('march', 2026, 3, 2, 23),
      at('february', 2026, 2, 28),
      at('last year', 2025, 2, 28),
    ];
    const groups = groupSessions(all, new Date(2026, 2, 10, 9));
    expect(groups.map(({ title, sessions }) => [title, ...ids(sessions)])).toEqual([
      ['Pinned', 'pinned'],
      ['Today', 'future', 'midnight'],
      ['Yesterday', 'late'],
      ['Previous 7 days', 'week'],
      ['March 2026', 'march'],
      ['February 2026', 'february'],
      ['February 2025', 'last year'],
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
