import { randomUUID } from 'node:crypto';
import type { ChatHooks, MessageDraft } from '../../src';
import type { User } from '../../src/domain/user';
import { times } from '../../testkit/builders';
import { deferred } from '../../testkit/waiting';
import { expectProblem } from '../rest/support';
import { api, connect, record, signUp } from '../support/client';
import { recordLog } from '../support/recordLog';
import { ask, askToJoin, failureIn, join, send, successOf } from '../support/socketCalls';
import { startTestServer, type TestServer, testDatabases, testOfOneNode } from '../support/testServer';

const log = recordLog('info');
let hooks: ChatHooks = {};
/** Calls the hooks of the current test. */
const current: ChatHooks = {
  onMessage: (draft) => hooks.onMessage?.(draft),
  authorize: (...asked) => hooks.authorize?.(...asked) ?? true,
};
afterEach(() => {
  hooks = {};
});

const historyOf = async (server: TestServer, token: string, sessionId: string): Promise<string[]> => {
  const { body } = await api(server, token).get(`/api/sessions/${sessionId}/messages?after=0`).expect(200);
  return body.messages.map(({ content }: { content: string }) => content);
};

describe('the hook', () => {
  let server: TestServer;
  let token: string;
  let user: User;
  beforeAll(async () => {
    server = await startTestServer({ parts: { hooks: current, logger: log.logger } });
  });
  beforeEach(async () => {
    ({ token, user } = await signUp(server));
  });

  describe('onMessage', () => {
    test('is called with each message and each edit, over sockets and REST', async () => {
      const drafts: MessageDraft[] = [];
      hooks = { onMessage: (draft) => void drafts.push(draft) };
      const sessionId = randomUUID();
      const socket = await connect(server, token);
      const { message } = successOf(await ask(socket, { sessionId, content: 'one', clientMessageId: '1' }));
      const edit = { content: 'two', replaces: message.messageId };
      await api(server, token).post(`/api/sessions/${sessionId}/messages`, edit).expect(201);

      const common = { userId: user.id, sessionId };
      expect(drafts).toEqual([
        { ...common, content: 'one', clientMessageId: '1' },
        { ...common, content: 'two', replaces: message.messageId },
      ]);
      expect(await historyOf(server, token, sessionId)).toEqual(['one', 'one', 'two', 'two']);
    });

    test('replaces the content in the ack, the reply and the history', async () => {
      hooks = { onMessage: async ({ content }) => ({ content: content.replace('secret', '******') }) };
      const sessionId = randomUUID();
      const socket = await connect(server, token);
      const replies = record(socket, 'message');
      expect((await send(socket, sessionId, 'a secret')).content).toBe('a ******');
      expect((await replies.atLeast(1)).map(({ content }) => content)).toEqual(['a ******']);
      const rest = await api(server, token).post(`/api/sessions/${sessionId}/messages`, {
        content: 'secret',
      });
      expect(rest.body.message.content).toBe('******');
      expect(await historyOf(server, token, sessionId)).toEqual(['a ******', 'a ******', '******', '******']);
    });

    test('refuses with a code and a text, over sockets and REST, and nothing is stored', async () => {
      const refuse = { code: 'CONFLICT', message: 'This ticket is closed. Open a new one.' } as const;
      hooks = { onMessage: () => ({ refuse }) };
      const sessionId = randomUUID();
      const socket = await connect(server, token);
      expect(failureIn(await ask(socket, { sessionId, content: 'hello' }))).toEqual(refuse);
      const errors = record(socket, 'error');
      socket.emit('message', { sessionId, content: 'hello', clientMessageId: '1' });
      const [error] = await errors.atLeast(1);
      expect(error).toEqual({ ...refuse, event: 'message', clientMessageId: '1' });
      const rest = await api(server, token).post(`/api/sessions/${sessionId}/messages`, { content: 'hello' });
      expectProblem(rest, 'CONFLICT');
      expect(rest.body.detail).toBe(refuse.message);
      expectProblem(await api(server, token).get(`/api/sessions/${sessionId}`), 'NOT_FOUND');
    });

    test.each<[string, unknown]>([
      ['nothing to show', { content: ' ' }],
      ['NUL', { content: 'a\0b' }],
      ['too much', { content: 'x'.repeat(16_385) }],
      ['a number', { content: 1 }],
      ['no decision', 'yes'],
      ['an unknown code', { refuse: { code: 'RUDE', message: 'No.' } }],
      ['a refusal without a text', { refuse: { code: 'FORBIDDEN' } }],
    ])('that returns %s fails the message with INTERNAL, and nothing is stored', async (_case, decision) => {
      hooks = { onMessage: () => Object(decision) };
      const sessionId = randomUUID();
      const socket = await connect(server, token);
      expect(failureIn(await ask(socket, { sessionId, content: 'hello' })).code).toBe('INTERNAL');
      expectProblem(await api(server, token).get(`/api/sessions/${sessionId}`), 'NOT_FOUND');
    });

    test.each([
      [
        'throws',
        () => {
          throw new Error('broken check');
        },
      ],
      ['rejects', () => Promise.reject(new Error('broken check'))],
    ])(
      'that %s fails the message with INTERNAL, is logged, and the next message is stored',
      async (_case, onMessage) => {
        hooks = { onMessage };
        const sessionId = randomUUID();
        const socket = await connect(server, token);
        const failure = failureIn(await ask(socket, { sessionId, content: 'hello' }));
        expect(failure.code).toBe('INTERNAL');
        expect(failure.message).not.toContain('broken');
        const entry = await log.entry(
          ({ msg, socketId }) => msg === 'event failed' && socketId === socket.id,
        );
        expect(JSON.stringify(entry)).toMatch(/onMessage failed.*broken check/);
        hooks = {};
        expect((await send(socket, sessionId, 'again')).seq).toBe(1);
      },
    );

    test('that hangs fails the message with UNAVAILABLE within 3 s, is logged, and the next message is stored', async () => {
      hooks = { onMessage: () => new Promise(() => {}) };
      const sessionId = randomUUID();
      const socket = await connect(server, token);
      const startedAt = performance.now();
      const [failed, rest] = await Promise.all([
        ask(socket, { sessionId, content: 'hello' }),
        api(server, token).post(`/api/sessions/${sessionId}/messages`, { content: 'hello' }),
      ]);
      expect(performance.now() - startedAt).toBeLessThan(3_000);
      expect(failureIn(failed).code).toBe('UNAVAILABLE');
      expectProblem(rest, 'UNAVAILABLE');
      await log.entry(
        ({ msg, hook, sessionId: id }) =>
          msg === 'hook timed out' && hook === 'onMessage' && id === sessionId,
      );
      hooks = {};
      expect((await send(socket, sessionId, 'again')).seq).toBe(1);
    });
  });

  describe('authorize', () => {
    test('answers for every action on a session over REST, and a no is FORBIDDEN', async () => {
      const rest = api(server, token);
      const { body: session } = await rest.post('/api/sessions', { name: 'Mine' }).expect(201);
      const sent = await rest.post(`/api/sessions/${session.id}/messages`, { content: 'hello' }).expect(201);
      const { messageId } = sent.body.message;
      const asked: unknown[] = [];
      hooks = {
        authorize: (who, action, what) => {
          asked.push([who, action, what.id]);
          return false;
        },
      };
      const path = `/api/sessions/${session.id}`;
      const created = randomUUID();
      const answers = [
        ['create', await rest.post('/api/sessions', { id: created, name: 'New' }), created],
        ['read', await rest.post('/api/sessions', { id: session.id })],
        ['read', await rest.get(path)],
        ['read', await rest.get(`${path}/messages`)],
        ['read', await rest.get(`${path}/drafts`)],
        ['read', await rest.get(`${path}/export`)],
        ['read', await rest.put(`${path}/read`, { seq: 1 })],
        ['send', await rest.post(`${path}/messages`, { content: 'hello' })],
        ['send', await rest.delete(`${path}/messages/${messageId}/reply`)],
        ['send', await rest.post(`${path}/messages/${messageId}/replies`, { variant: 2 })],
        ['change', await rest.patch(path, { name: 'Other' })],
        ['delete', await rest.delete(path)],
      ] as const;
      for (const [, answer] of answers) expectProblem(answer, 'FORBIDDEN');
      expect(asked).toEqual(answers.map(([action, , id = session.id]) => [user, action, id]));
      hooks = {};
      expect((await rest.get(path).expect(200)).body).toMatchObject({ name: 'Mine', lastSeq: 2, readSeq: 1 });
      expectProblem(await rest.get(`/api/sessions/${created}`), 'NOT_FOUND');
    });

    test('answers for every event about a session, and a no is FORBIDDEN', async () => {
      const sessionId = randomUUID();
      const socket = await connect(server, token);
      const { messageId: replyTo } = await send(socket, sessionId, 'hello');
      const asked: string[] = [];
      hooks = { authorize: (_user, action) => asked.push(action) < 0 };
      const answers = [
        await askToJoin(socket, sessionId),
        await askToJoin(socket, randomUUID()),
        await ask(socket, { sessionId, content: 'hello' }),
        await ask(socket, { sessionId: randomUUID(), content: 'hello' }),
        await new Promise<Awaited<ReturnType<typeof askToJoin>>>((resolve) =>
          socket.emit('stop-reply', { sessionId, replyTo }, (answer) => resolve(Object(answer))),
        ),
        await new Promise<Awaited<ReturnType<typeof askToJoin>>>((resolve) =>
          socket.emit('regenerate', { sessionId, replyTo, variant: 2 }, (answer) => resolve(Object(answer))),
        ),
      ];
      expect(answers.map((answer) => failureIn(answer).code)).toEqual(answers.map(() => 'FORBIDDEN'));
      expect(asked).toEqual(['read', 'create', 'send', 'create', 'send', 'send']);
    });

    test('is asked about a session that a message creates, with its id', async () => {
      const asked: unknown[] = [];
      hooks = { authorize: (_user, action, session) => asked.push({ action, session }) > 0 };
      const id = randomUUID();
      await send(await connect(server, token), id, 'hello');
      const session = { id, userId: user.id, name: null, lastSeq: 0, lastMessageAt: null };
      expect(asked).toMatchObject([
        { action: 'create', session },
        { action: 'send', session },
      ]);
    });

    test('guarantee 8: learns and tells nothing of sessions of other users', async () => {
      const other = await signUp(server);
      const { body: foreign } = await api(server, other.token).post('/api/sessions').expect(201);
      const rest = api(server, token);
      hooks = {
        authorize: (_user, action, { userId, id }) =>
          !(id === foreign.id && userId !== user.id) && action !== 'read',
      };
      for (const id of [foreign.id, randomUUID()]) {
        expectProblem(await rest.get(`/api/sessions/${id}`), 'NOT_FOUND');
        expectProblem(await rest.delete(`/api/sessions/${id}`), 'NOT_FOUND');
      }
      expectProblem(await rest.post('/api/sessions', { id: foreign.id }), 'NOT_FOUND');
    });

    test('a socket that may not read a session hears nothing of it, also while the hook is asked', async () => {
      const sessionId = randomUUID();
      const [reader, sender] = [await connect(server, token), await connect(server, token)];
      await join(sender, sessionId);
      const heard = record(reader, 'message');
      const [asked, answered] = [deferred(), deferred()];
      hooks = {
        async authorize(_user, action) {
          if (action !== 'read') return true;
          asked.resolve();
          await answered.promise;
          return false;
        },
      };
      const joining = askToJoin(reader, sessionId);
      await asked.promise;
      await send(sender, sessionId, 'one');
      answered.resolve();
      expect(failureIn(await joining).code).toBe('FORBIDDEN');
      await send(sender, sessionId, 'two');
      hooks = {};
      await join(reader, randomUUID());
      expect(heard.seen).toEqual([]);
    });

    test('a socket whose join is refused leaves the session, although an earlier join was allowed', async () => {
      const sessionId = randomUUID();
      const [reader, sender] = [await connect(server, token), await connect(server, token)];
      await join(reader, sessionId);
      const heard = record(reader, 'message');
      hooks = { authorize: (_user, action) => action !== 'read' };
      failureIn(await askToJoin(reader, sessionId));
      await send(sender, sessionId, 'hello');
      hooks = {};
      await join(reader, randomUUID());
      expect(heard.seen).toEqual([]);
    });

    test.each([
      [
        'throws',
        'INTERNAL',
        () => {
          throw new Error('broken');
        },
      ],
      ['hangs', 'UNAVAILABLE', () => new Promise<boolean>(() => {})],
      ['returns no boolean', 'FORBIDDEN', () => Object('yes')],
    ] as const)('that %s fails the request with %s', async (_case, code, authorize) => {
      const rest = api(server, token);
      const { body: session } = await rest.post('/api/sessions').expect(201);
      hooks = { authorize };
      expectProblem(await rest.patch(`/api/sessions/${session.id}`, { name: 'Other' }), code);
      hooks = {};
      expect((await rest.get(`/api/sessions/${session.id}`).expect(200)).body.name).toBeNull();
    });
  });
});

describe.each(testDatabases)('onMessage, on %s,', (_name, makeDatabase) => {
  let server: TestServer;
  let token: string;
  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase(), parts: { hooks: current } });
    ({ token } = await signUp(server));
  });

  test('is not called for a repeat, which gets the first result', async () => {
    const sessionId = randomUUID();
    const sending = { sessionId, content: 'hello', clientMessageId: randomUUID() };
    const socket = await connect(server, token);
    hooks = { onMessage: () => ({ content: 'checked' }) };
    const first = successOf(await ask(socket, sending));
    hooks = { onMessage: () => ({ refuse: { code: 'FORBIDDEN', message: 'Not again.' } }) };
    const repeated = successOf(await ask(socket, sending));
    expect(repeated).toMatchObject({ message: first.message, duplicate: true });
    const { sessionId: _, ...body } = sending;
    const rest = await api(server, token).post(`/api/sessions/${sessionId}/messages`, body).expect(200);
    expect(rest.body.message).toEqual(first.message);
    // Withdrawn rights don't take back what was stored, either.
    hooks = { authorize: () => false };
    expect(successOf(await ask(socket, sending)).duplicate).toBe(true);
  });

  testOfOneNode('is called once for a message that is sent again while it is checked', async () => {
    const [started, checked] = [deferred(), deferred()];
    let calls = 0;
    hooks = {
      async onMessage() {
        calls += 1;
        started.resolve();
        await checked.promise;
        return { content: `checked ${calls}` };
      },
    };
    const sending = { sessionId: randomUUID(), content: 'hello', clientMessageId: randomUUID() };
    const sockets = await Promise.all(times(3, () => connect(server, token)));
    const answers = sockets.map((socket) => ask(socket, sending));
    await started.promise;
    await Promise.all(sockets.map((socket) => join(socket, randomUUID())));
    checked.resolve();
    const results = (await Promise.all(answers)).map(successOf);
    expect(calls).toBe(1);
    expect(results.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(new Set(results.map(({ message }) => message.content))).toEqual(new Set(['checked 1']));
  });

  test('guarantee 3: messages of a session keep their order, however long each check takes', async () => {
    hooks = {
      async onMessage({ content }) {
        const number = Number(content);
        // The earlier ones take longer, and some are refused at once.
        for (let turn = 0; turn < 60 - number * 2; turn += 1) await new Promise(setImmediate);
        return number % 5 === 4 ? { refuse: { code: 'FORBIDDEN', message: 'Not this one.' } } : undefined;
      },
    };
    const sessionId = randomUUID();
    const socket = await connect(server, token);
    const numbers = times(30, (index) => index);
    const replies = record(socket, 'message');
    for (const number of numbers) socket.emit('message', { sessionId, content: String(number) });
    const expected = numbers.filter((number) => number % 5 !== 4).map(String);
    const seen = await replies.atLeast(expected.length);
    expect(seen.map(({ content }) => content)).toEqual(expected);
    expect(seen.map(({ seq }) => seq)).toEqual(expected.map((_, index) => 2 * index + 2));
  });
});
