import { randomUUID } from 'node:crypto';
import type { ApplicationDependencies } from '../../src/application';
import { ChatError } from '../../src/domain/errors';
import { ResponderFailure, type Turn } from '../../src/responders/responder';
import type { ChatStore } from '../../src/stores/chatStore';
import { openStore } from '../../src/stores/open';
import { at, newQuestion, times } from '../../testkit/builders';
import { deferred, pollUntil } from '../../testkit/waiting';
import { append } from '../contract/storeFixture';
import { scriptedResponder } from '../responders/scriptedResponder';
import { api, connect, record, signUp } from '../support/client';
import { ask, join, send } from '../support/socketCalls';
import { startTestServer, type TestServerOptions, testDatabases } from '../support/testServer';

interface StartOptions extends Pick<TestServerOptions, 'wrapStore' | 'config'> {
  waits?: ApplicationDependencies['waits'];
}

describe.each(testDatabases)('a streaming responder, on %s', (_name, makeDatabase) => {
  async function start({ waits, ...options }: StartOptions = {}) {
    const script = scriptedResponder();
    const { responder } = script;
    const server = await startTestServer({
      database: makeDatabase(),
      parts: { responder, waits: { replyRetryMs: 20, ...waits } },
      ...options,
    });
    const { token, user } = await signUp(server);
    const socket = await connect(server, token);
    const sessionId = randomUUID();
    return { ...script, server, token, user, socket, sessionId, heard: record(socket, 'message') };
  }

  test('answers with one message, which says who wrote it', async () => {
    const { request, server, token, user, socket, sessionId, heard } = await start();
    const message = await send(socket, sessionId, 'Why?');
    const { prompt, ...reply } = await request(0);
    expect(prompt).toMatchObject({ userId: user.id, sessionId, content: 'Why?', variant: 1, attempt: 1 });
    expect(prompt.replyTo).toBe(message.messageId);
    reply.send('Be', { thinking: true }, 'cause.');
    reply.finish();
    const [stored] = await heard.atLeast(1);
    expect(stored).toMatchObject({ seq: 2, sender: 'server', content: 'Because.', model: 'scripted' });
    expect(stored).not.toHaveProperty('finish');
    const { body } = await api(server, token).get(`/api/sessions/${sessionId}/messages`).expect(200);
    expect(body.messages).toEqual([message, stored]);
  });

  test.each(['length', 'filtered'] as const)('says that a reply was cut off: %s', async (finish) => {
    const { request, socket, sessionId, heard } = await start();
    await send(socket, sessionId, 'Why?');
    (await request(0)).send('Because', { finish });
    expect(await heard.atLeast(1)).toMatchObject([{ content: 'Because', finish }]);
  });

  test('gets the messages of a session one by one, each with what was said before', async () => {
    const { request, requests, socket, sessionId, heard } = await start();
    for (const content of ['one', 'two', 'three']) await send(socket, sessionId, content);
    const first = await request(0);
    expect(await first.prompt.history(1000)).toEqual([]);
    first.send('1');
    await send(socket, randomUUID(), 'elsewhere');
    expect((await request(1)).prompt.content).toBe('elsewhere');
    expect(requests).toHaveLength(2);
    first.finish();
    const second = await request(2);
    expect(second.prompt.content).toBe('two');
    expect(await second.prompt.history(1000)).toEqual(conversation('one', '1'));
    second.send('2');
    second.finish();
    const third = await request(3);
    expect(await third.prompt.history(1000)).toEqual(conversation('one', '1', 'two', '2'));
    expect(await third.prompt.history('two2'.length)).toEqual(conversation('two', '2'));
    expect(await third.prompt.history('two'.length)).toEqual([]);
    expect(heard.seen.map(({ content }) => content)).toEqual(['1', '2']);
  });

  test('is asked again after a failure before the first text, up to four times', async () => {
    const { request, requests, socket, sessionId, heard } = await start();
    await send(socket, sessionId, 'Why?');
    for (const index of times(3, (each) => each)) (await request(index)).fail();
    (await request(3)).fail(new Error('of a module'));
    expect(await heard.atLeast(1)).toMatchObject([
      { content: '', finish: 'failed', error: { code: 'RESPONDER_BUSY' }, model: 'scripted' },
    ]);
    expect(requests.map(({ prompt }) => prompt.attempt)).toEqual([1, 2, 3, 4]);
  });

  test('is not asked again after a failure in mid-text', async () => {
    const { request, requests, socket, sessionId, heard } = await start();
    await send(socket, sessionId, 'Why?');
    const first = await request(0);
    first.send('Beca');
    first.fail();
    const failed = { content: 'Beca', finish: 'failed', error: { code: 'RESPONDER_FAILED' } };
    expect(await heard.atLeast(1)).toMatchObject([failed]);
    await send(socket, sessionId, 'And now?');
    const next = await request(1);
    expect(await next.prompt.history(1000)).toEqual(conversation('Why?'));
    expect(requests).toHaveLength(2);
  });

  test.each([
    ['permanent', 'RESPONDER_FAILED'],
    ['contextTooLong', 'CONTEXT_TOO_LONG'],
  ] as const)('is not asked again after a failure that is %s', async (kind, code) => {
    const { request, requests, socket, sessionId, heard } = await start();
    await send(socket, sessionId, 'Why?');
    (await request(0)).fail(new ResponderFailure(kind, 'scripted'));
    expect(await heard.atLeast(1)).toMatchObject([{ content: '', finish: 'failed', error: { code } }]);
    expect(requests).toHaveLength(1);
  });

  test('is asked again as late as the provider wants', async () => {
    const { request, socket, sessionId, heard } = await start();
    await send(socket, sessionId, 'Why?');
    const first = await request(0);
    const failedAt = performance.now();
    first.fail(new ResponderFailure('limited', 'scripted', 300));
    const second = await request(1);
    expect(performance.now() - failedAt).toBeGreaterThan(290);
    second.fail(new ResponderFailure('limited', 'scripted', 3_600_000));
    expect(await heard.atLeast(1)).toMatchObject([{ finish: 'failed', error: { code: 'RESPONDER_BUSY' } }]);
  });

  test('answers everything, however much one user sends', async () => {
    const { request, socket, sessionId, heard } = await start({
      config: { responderConcurrency: 3, repliesPerUser: 3 },
    });
    const contents = times(50, String);
    await Promise.all(contents.map((content) => send(socket, sessionId, content)));
    for (const index of contents.keys()) {
      const { prompt, ...reply } = await request(index);
      reply.send(prompt.content);
      reply.finish();
    }
    const replies = await heard.atLeast(50);
    expect(replies.map(({ content }) => content)).toEqual(contents);
  });

  test('is not asked again when its reply can not be stored at once', async () => {
    let failures = 3;
    const wrapStore = (store: ChatStore): ChatStore => ({
      ...store,
      async appendReply(reply, onStored) {
        if (failures-- > 0) throw new ChatError('UNAVAILABLE');
        return store.appendReply(reply, onStored);
      },
    });
    const { request, requests, socket, sessionId, heard } = await start({ wrapStore });
    await send(socket, sessionId, 'Why?');
    const reply = await request(0);
    reply.send('Because.');
    reply.finish();
    expect(await heard.atLeast(1)).toMatchObject([{ content: 'Because.' }]);
    expect(requests).toHaveLength(1);
  });

  test('is not asked again about a message that was answered while the unanswered ones were read', async () => {
    const [read, release] = [deferred(), deferred()];
    let isHeld = false;
    const wrapStore = (store: ChatStore): ChatStore => ({
      ...store,
      async appendExchange(exchange, onStored) {
        const stored = await store.appendExchange(exchange, onStored);
        if (exchange.message.content !== 'fails') return stored;
        isHeld = true;
        throw new ChatError('UNAVAILABLE');
      },
      async findUnanswered(limit, after) {
        const found = await store.findUnanswered(limit, after);
        if (!isHeld) return found;
        read.resolve();
        await release.promise;
        return found;
      },
    });
    const { request, requests, socket, sessionId, heard } = await start({ wrapStore });
    await send(socket, sessionId, 'Why?');
    const reply = await request(0);
    await ask(socket, { sessionId: randomUUID(), content: 'fails' });
    await read.promise;
    reply.send('Because.');
    reply.finish();
    await heard.atLeast(1);
    release.resolve();
    await send(socket, sessionId, 'And then?');
    const { prompt } = await request(2);
    expect([requests[1]?.prompt.content, prompt.content].sort()).toEqual(['And then?', 'fails']);
  });

  test('guarantee 4: is asked again after a restart, if it had not finished', async () => {
    const { request, requests, server, token, socket, sessionId } = await start();
    const message = await send(socket, sessionId, 'Why?');
    (await request(0)).send('Beca');
    await server.restart();
    expect(requests[0]?.signal.aborted).toBe(true);
    const again = await request(1);
    const store = await openStore(server.database);
    // A stop of the server counts as no crash.
    expect(await store.findDrafts([sessionId])).toMatchObject([{ attempt: 2, takeOvers: 0, text: 'Beca' }]);
    await store.close();
    again.send('Because.');
    again.finish();
    const later = await connect(server, token);
    const heard = record(later, 'message');
    const { messages = [] } = await join(later, { sessionId, after: 1 });
    if (messages.length === 0) await heard.atLeast(1);
    expect([...messages, ...heard.seen][0]).toMatchObject({
      content: 'Because.',
      replyTo: message.messageId,
    });
  });

  describe('after a crash', () => {
    /** Stores a message, and lets this many owners die while they make its reply. */
    async function crash(owners: number, { stopped = false, failures = 0 } = {}) {
      const database = makeDatabase();
      const server = await startTestServer({ database, parts: { responder: scriptedResponder().responder } });
      const { token, user } = await signUp(server);
      await server.close();
      const store = await openStore(database);
      const sessionId = randomUUID();
      const { message } = await append(store, newQuestion(user.id, sessionId));
      const target = { userId: user.id, sessionId, replyTo: message.messageId, variant: 1 };
      for (const owner of times(owners, (index) => `owner ${index}`)) {
        const now = new Date().toISOString();
        const draft = await store.claimDraft({ ...target, owner, now, inTurn: true });
        if (draft === null || draft === 'busy') throw new Error('the claim was refused');
        await store.writeDraft({ ...draft, owner }, { state: 'writing', text: `text of ${owner}`, failures });
      }
      if (stopped) await store.requestStop(target, at(0));
      await store.close();
      const script = scriptedResponder();
      const parts = { responder: script.responder, waits: { replyRetryMs: 20 } };
      const restarted = await startTestServer({ database, parts });
      return { ...script, server: restarted, token, sessionId };
    }

    test('is asked again, at most three times', async () => {
      const { request, requests, server, token, sessionId } = await crash(3);
      const again = await request(0);
      expect(again.prompt).toMatchObject({ attempt: 4, variant: 1 });
      again.send('Because.');
      again.finish();
      const { messages } = await untilReplied(server, token, sessionId);
      expect(messages[1]).toMatchObject({ content: 'Because.' });
      expect(requests).toHaveLength(1);
    });

    test('is not asked a fourth time: the last text is stored as failed', async () => {
      const { requests, server, token, sessionId } = await crash(4);
      const { messages } = await untilReplied(server, token, sessionId);
      const failed = { content: 'text of owner 3', finish: 'failed', error: { code: 'RESPONDER_FAILED' } };
      expect(messages).toMatchObject([{ seq: 1 }, { seq: 2, ...failed }]);
      expect(requests).toHaveLength(0);
    });

    test('is asked four times in all, the times before the crash included', async () => {
      const { request, requests, server, token, sessionId } = await crash(1, { failures: 2 });
      for (const index of [0, 1]) (await request(index)).fail();
      const { messages } = await untilReplied(server, token, sessionId);
      expect(messages[1]).toMatchObject({ content: '', finish: 'failed', error: { code: 'RESPONDER_BUSY' } });
      expect(requests.map(({ prompt }) => prompt.attempt)).toEqual([2, 3]);
    });

    test('is not asked if the reply was stopped before', async () => {
      const { requests, server, token, sessionId } = await crash(1, { stopped: true });
      const { messages } = await untilReplied(server, token, sessionId);
      expect(messages[1]).toMatchObject({ content: 'text of owner 0', finish: 'stopped' });
      expect(requests).toHaveLength(0);
    });
  });

  test('finishes a reply while the server stops', async () => {
    const waits = { streamsAbortMs: 10_000 };
    const { request, requests, server, token, socket, sessionId } = await start({ waits });
    await send(socket, sessionId, 'Why?');
    const reply = await request(0);
    reply.send('Beca');
    const restarted = server.restart();
    await new Promise((resolve) => socket.once('disconnect', resolve));
    reply.send('use.');
    reply.finish();
    await restarted;
    const { messages } = await join(await connect(server, token), { sessionId, after: 1 });
    expect(messages).toMatchObject([{ content: 'Because.' }]);
    expect(requests).toHaveLength(1);
  });
});

/** Reads the session until its first message has a reply. */
async function untilReplied(server: { url: string }, token: string, sessionId: string) {
  const read = () => api(server, token).get(`/api/sessions/${sessionId}/messages`).expect(200);
  const { body } = await pollUntil(read, ({ body }) => body.messages.length > 1);
  return body;
}

/** Turns of the user and the model, alternating. */
function conversation(...contents: string[]): Turn[] {
  return contents.map((content, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content }));
}
