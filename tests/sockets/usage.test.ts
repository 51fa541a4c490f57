import { randomUUID } from 'node:crypto';
import { ChatError } from '../../src/domain/errors';
import type { RequestUsage } from '../../src/domain/user';
import { type ReplyPart, ResponderFailure, type TitlePrompt } from '../../src/responders/responder';
import type { ChatStore } from '../../src/stores/chatStore';
import { Changes } from '../../testkit/waiting';
import { scriptedResponder } from '../responders/scriptedResponder';
import { api, connect, record, signUp } from '../support/client';
import { figuresIn } from '../support/figures';
import { ask, askAnything, failureIn, send } from '../support/socketCalls';
import { startTestServer, type TestServerOptions, testDatabases } from '../support/testServer';

const DAY_MS = 86_400_000;
/** A minute before midnight UTC, so that a limit that ends by local time would show. */
const LATE = Date.UTC(2026, 5, 30, 23, 59);

describe.each(testDatabases)('the usage, on %s', (_name, makeDatabase) => {
  interface Options extends Pick<TestServerOptions, 'config'> {
    clock?: () => number;
    title?: (prompt: TitlePrompt, signal: AbortSignal) => AsyncIterable<ReplyPart>;
    /** How many of the first calls of `addUsage` fail. */
    failures?: number;
  }

  async function start({ clock = Date.now, title, failures = 0, config }: Options = {}) {
    const script = scriptedResponder();
    const rows: RequestUsage[] = [];
    const changes = new Changes();
    let remaining = failures;
    const wrapStore = (store: ChatStore): ChatStore => ({
      ...store,
      async addUsage(usage) {
        if (remaining-- > 0) throw new ChatError('UNAVAILABLE');
        await store.addUsage(usage);
        rows.push(usage);
        changes.notify();
      },
    });
    const server = await startTestServer({
      database: makeDatabase(),
      parts: {
        responder: { ...script.responder, ...(title && { title }) },
        clock,
        waits: { replyRetryMs: 20 },
      },
      config: { jwtExpiresInMs: 10 * DAY_MS, ...config },
      wrapStore,
    });
    const { token, user } = await signUp(server);
    const socket = await connect(server, token);
    const sessionId = randomUUID();
    const recorded = async (count: number) => {
      await changes.until(() => rows.length >= count);
      return rows;
    };
    const heard = record(socket, 'message');
    return { ...script, server, token, user, socket, sessionId, heard, rows, recorded };
  }

  test('of a request is what the provider reports, and is recorded before the reply is stored', async () => {
    const { socket, sessionId, request, heard, rows, user } = await start({ clock: () => LATE });
    const { messageId } = await send(socket, sessionId, 'Why?');
    const usage = (promptTokens: number, completionTokens: number) => ({
      usage: { promptTokens, completionTokens },
    });
    // Some providers repeat it, and modules may report anything.
    (await request(0)).send('Because.', usage(1, 1), usage(31, 6.5), { finish: 'length' });
    await heard.atLeast(1);
    expect(rows).toEqual([
      {
        ...{
          replyTo: messageId,
          variant: 1,
          attempt: 1,
          userId: user.id,
          day: '2026-06-30',
          model: 'scripted',
        },
        ...{ promptTokens: 31, completionTokens: 7, estimated: false, outcome: 'length' },
      },
    ]);
  });

  test('is estimated from the text if the provider reports none', async () => {
    const { socket, sessionId, request, recorded } = await start();
    await send(socket, sessionId, 'x'.repeat(30));
    const first = await request(0);
    first.send('y'.repeat(9), { thinking: true }, 'y'.repeat(4));
    first.finish();
    const estimate = { completionTokens: 5, estimated: true, outcome: 'complete' };
    expect(await recorded(1)).toMatchObject([{ promptTokens: 10, ...estimate }]);
    await send(socket, sessionId, 'Again');
    // A responder that knows more of the request says so.
    const prompt = { promptTokens: 400, completionTokens: 0, estimated: true };
    (await request(1)).send({ usage: prompt }, 'y'.repeat(14), { finish: 'stop' });
    expect((await recorded(2))[1]).toMatchObject({ promptTokens: 400, ...estimate });
  });

  test('of a stopped request counts what has arrived', async () => {
    const { socket, sessionId, request, heard, recorded } = await start();
    const { messageId: replyTo } = await send(socket, sessionId, 'abcdef');
    const drafts = record(socket, 'reply');
    (await request(0)).send('y'.repeat(12));
    await drafts.until((seen) => seen.some(({ text }) => text !== ''));
    await askAnything(socket, 'stop-reply', { sessionId, replyTo });
    expect(await recorded(1)).toMatchObject([
      { promptTokens: 2, completionTokens: 4, estimated: true, outcome: 'stopped' },
    ]);
    expect(await heard.atLeast(1)).toMatchObject([{ finish: 'stopped' }]);
  });

  test('has a row for each attempt, without tokens if it was refused', async () => {
    const { socket, sessionId, request, heard, recorded } = await start();
    await send(socket, sessionId, 'Why?');
    (await request(0)).fail();
    (await request(1)).fail();
    const last = await request(2);
    last.send('Be');
    last.fail(new ResponderFailure('passing', 'cut'));
    await heard.atLeast(1);
    const refused = { promptTokens: 0, completionTokens: 0, outcome: 'failed' };
    expect(await recorded(3)).toMatchObject([
      { attempt: 1, ...refused },
      { attempt: 2, ...refused },
      { attempt: 3, promptTokens: 2, completionTokens: 1, outcome: 'failed' },
    ]);
  });

  test('of a deleted session stays with the user', async () => {
    const { server, token, socket, sessionId, request, recorded } = await start();
    await send(socket, sessionId, 'abc');
    const { signal } = await request(0);
    await api(server, token).delete(`/api/sessions/${sessionId}`).expect(204);
    expect(await recorded(1)).toMatchObject([{ promptTokens: 1, outcome: 'aborted' }]);
    expect(signal.aborted).toBe(true);
  });

  test('is recorded later, once, if the database is away, which does not keep the reply', async () => {
    const { socket, sessionId, request, heard, recorded } = await start({ failures: 3 });
    await send(socket, sessionId, 'Why?');
    (await request(0)).send('Because.', { finish: 'stop' });
    await heard.atLeast(1);
    expect(await recorded(1)).toHaveLength(1);
  });

  describe('with a limit of tokens for each user and day', () => {
    const config = { tokensPerUserPerDay: 10 };

    async function startSpent(options: Options = {}) {
      const started = await start({ clock: () => LATE, config, ...options });
      const { socket, sessionId, request, heard } = started;
      const stored = await ask(socket, { sessionId, content: 'Why?', clientMessageId: 'first' });
      const usage = { promptTokens: 6, completionTokens: 4 };
      (await request(0)).send('Because.', { usage }, { finish: 'stop' });
      await heard.atLeast(1);
      if (!stored.ok) throw new Error('the first message was refused');
      return { ...started, first: stored.message };
    }

    test('a message is refused before it is stored, over the socket and over REST', async () => {
      const { server, token, socket, sessionId, first } = await startSpent();
      const refused = failureIn(await ask(socket, { sessionId, content: 'More' }));
      expect(refused).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 60_000 });
      expect(refused.message).toMatch(/midnight UTC/);
      const path = `/api/sessions/${sessionId}/messages`;
      const { body, headers } = await api(server, token).post(path).send({ content: 'More' }).expect(429);
      expect(body.code).toBe('RATE_LIMITED');
      expect(headers['retry-after']).toBe('60');
      const { body: page } = await api(server, token).get(path).expect(200);
      expect(page.messages).toMatchObject([first, { content: 'Because.' }]);
      const other = randomUUID();
      failureIn(await ask(socket, { sessionId: other, content: 'Elsewhere' }));
      await api(server, token).get(`/api/sessions/${other}`).expect(404);
      expect(figuresIn(await server.scrape())).toMatchObject({ 'chat_limit_hits_total{limit="tokens"}': 3 });
    });

    test('a repeat gets its first answer', async () => {
      const { server, token, socket, sessionId, first } = await startSpent();
      const again = { sessionId, content: 'Why?', clientMessageId: 'first' };
      expect(await ask(socket, again)).toMatchObject({ ok: true, duplicate: true, message: first });
      const { sessionId: _, ...body } = again;
      const response = await api(server, token)
        .post(`/api/sessions/${sessionId}/messages`)
        .send(body)
        .expect(200);
      expect(response.body).toMatchObject({ message: first, reply: { content: 'Because.' } });
      const elsewhere = await ask(socket, { ...again, sessionId: randomUUID() });
      expect(failureIn(elsewhere)).toMatchObject({ code: 'RATE_LIMITED' });
    });

    test('a further reply is refused, unless it was asked for before', async () => {
      const generous = { tokensPerUserPerDay: 11 };
      const { server, token, socket, sessionId, first, request, requests, heard } = await startSpent({
        config: generous,
      });
      const replies = record(socket, 'reply');
      const path = `/api/sessions/${sessionId}/messages/${first.messageId}/replies`;
      const regenerate = (variant: number) => api(server, token).post(path).send({ variant });
      await regenerate(2).expect(202);
      (await request(1)).fail(new ResponderFailure('permanent', 'scripted'));
      await replies.until((seen) => seen.some(({ variant, state }) => variant === 2 && state === 'failed'));
      await regenerate(3).expect(202);
      (await request(2)).send('So.', { finish: 'stop' });
      await heard.until((seen) => seen.some(({ variant }) => variant === 3));
      const drafts = { sessionId, replyTo: first.messageId };
      const again = await askAnything(socket, 'regenerate', { ...drafts, variant: 3 });
      expect(again).toMatchObject({ ok: true, variant: 3 });
      for (const [variant, code] of [
        [1, 'VALIDATION_FAILED'],
        [2, 'CONFLICT'],
      ] as const) {
        const lower = await askAnything(socket, 'regenerate', { ...drafts, variant });
        expect(lower).toMatchObject({ ok: false, error: { code } });
      }
      await regenerate(4).expect(429);
      expect(await askAnything(socket, 'regenerate', { ...drafts, variant: 4 })).toMatchObject({
        ok: false,
        error: { code: 'RATE_LIMITED', retryAfterMs: 60_000 },
      });
      expect(requests).toHaveLength(3);
    });

    test('others are not affected, and the next day in UTC starts anew', async () => {
      let now = LATE;
      const { server, socket, sessionId, request } = await startSpent({ clock: () => now });
      const other = await connect(server, (await signUp(server)).token);
      await send(other, randomUUID(), 'Mine');
      (await request(1)).finish();
      failureIn(await ask(socket, { sessionId, content: 'Late' }));
      now = LATE + 60_000;
      await send(socket, sessionId, 'Next day');
      expect((await request(2)).prompt.content).toBe('Next day');
    });
  });

  describe('of a title', () => {
    function titled(parts: (ReplyPart | string)[], held?: Promise<void>) {
      const prompts: TitlePrompt[] = [];
      return {
        prompts,
        async *title(prompt: TitlePrompt): AsyncGenerator<ReplyPart> {
          prompts.push(prompt);
          await held;
          for (const part of parts) yield typeof part === 'string' ? { text: part } : part;
        },
      };
    }

    const PARTS = [
      '"The reason',
      ' why."\n',
      { usage: { promptTokens: 20, completionTokens: 5 } },
      { finish: 'stop' as const },
    ];

    test('counts, and the session gets it on all devices after its first reply only', async () => {
      const { title, prompts } = titled(PARTS);
      const { server, token, socket, sessionId, request, recorded, heard } = await start({ title });
      const devices = [socket, await connect(server, token)].map((each) => record(each, 'session'));
      const { messageId } = await send(socket, sessionId, 'Why is it so?');
      (await request(0)).send('Because.', { finish: 'stop' });
      for (const device of devices) {
        const seen = await device.until((events) => events.some(({ type }) => type === 'renamed'));
        expect(seen.filter(({ type }) => type === 'renamed')).toMatchObject([
          { session: { name: 'The reason why' } },
        ]);
      }
      expect(prompts).toMatchObject([{ content: 'Why is it so?', reply: 'Because.', replyTo: messageId }]);
      const count = { promptTokens: 20, completionTokens: 5, outcome: 'complete' };
      expect((await recorded(2))[1]).toMatchObject({ replyTo: messageId, variant: 0, attempt: 1, ...count });
      await send(socket, sessionId, 'And now?');
      (await request(1)).send('So.', { finish: 'stop' });
      await heard.atLeast(2);
      await recorded(3);
      expect(prompts).toHaveLength(1);
    });

    test('never replaces a name that the user has given, before or meanwhile', async () => {
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      const { title, prompts } = titled(PARTS, held);
      const { server, token, socket, request, recorded } = await start({ title });
      const nameOf = async (id: string) => (await api(server, token).get(`/api/sessions/${id}`)).body.name;
      const [named, renamed] = [randomUUID(), randomUUID()];
      await api(server, token).post('/api/sessions').send({ id: named, name: 'Mine' }).expect(201);
      await send(socket, named, 'Why?');
      (await request(0)).send('Because.', { finish: 'stop' });
      await recorded(1);
      await send(socket, renamed, 'Why?');
      (await request(1)).send('Because.', { finish: 'stop' });
      await recorded(2);
      while (prompts.length === 0) await api(server, token).get('/api/sessions').expect(200);
      await api(server, token).patch(`/api/sessions/${renamed}`).send({ name: 'My own' }).expect(200);
      release();
      await recorded(3);
      // The next reply waits for the title of the session.
      await send(socket, renamed, 'And now?');
      await request(2);
      expect([await nameOf(named), await nameOf(renamed)]).toEqual(['Mine', 'My own']);
      expect(prompts).toHaveLength(1);
    });

    test.each([
      ['fails', [{ usage: { promptTokens: 1, completionTokens: 0 } }]],
      ['is empty', [' "" \n', { finish: 'stop' as const }]],
    ])('that %s leaves the name as it is', async (_how, parts) => {
      const { title } = titled(parts);
      const { server, token, socket, sessionId, request, recorded } = await start({ title });
      await send(socket, sessionId, 'Why?');
      (await request(0)).send('Because.', { finish: 'stop' });
      await recorded(2);
      await send(socket, sessionId, 'And now?');
      await request(1);
      const { body } = await api(server, token).get(`/api/sessions/${sessionId}`).expect(200);
      expect(body.name).toBe('Why?');
    });

    test('is not asked for after a reply that has failed', async () => {
      const { title, prompts } = titled(PARTS);
      const { socket, sessionId, request } = await start({ title });
      await send(socket, sessionId, 'Why?');
      (await request(0)).fail(new ResponderFailure('permanent', 'scripted'));
      await send(socket, sessionId, 'And now?');
      await request(1);
      expect(prompts).toEqual([]);
    });
  });
});
