import { randomUUID } from 'node:crypto';
import type { Answer, Stopped } from '../../src/domain/events';
import { applyDelta, type Draft, type DraftDelta } from '../../src/domain/message';
import { ResponderFailure } from '../../src/responders/responder';
import type { ChatStore } from '../../src/stores/chatStore';
import { present } from '../contract/storeFixture';
import { scriptedResponder } from '../responders/scriptedResponder';
import { api, connect, record, signUp } from '../support/client';
import { describeWithMongo } from '../support/describeWithMongo';
import { startFleet, untilBeats } from '../support/fleet';
import { startRedis } from '../support/redisServer';
import { join, send, successOf } from '../support/socketCalls';
import { mongoUrlForTest } from '../support/testMongo';

/** Enough for several sweeps of each node. */
const BEATS = 8;

describeWithMongo('guarantee 14: a streamed reply of several nodes', () => {
  /** Stores of a draft what is written first, so that the rest can only come over the bus. */
  function keepFirstText(store: ChatStore): ChatStore {
    let isWritten = false;
    return {
      ...store,
      async writeDraft(fence, change) {
        if (change.text !== undefined && !change.ended && isWritten) return true;
        isWritten = true;
        return store.writeDraft(fence, change);
      },
    };
  }

  async function startTwo(redisUrl: string | null = null, waits = { beatMs: 200, replyRetryMs: 50 }) {
    const url = present(mongoUrlForTest());
    const scripts = [scriptedResponder(), scriptedResponder()];
    const [first, second] = await startFleet({
      redisUrl,
      database: { kind: 'mongodb', url },
      parts: (node) => ({
        responder: present(scripts[node]).responder,
        waits,
        ...(redisUrl !== null && { wrapStore: keepFirstText }),
      }),
    });
    const { token } = await signUp(present(first));
    const [phone, laptop] = [await connect(present(first), token), await connect(present(second), token)];
    const sessionId = randomUUID();
    await join(laptop, sessionId);
    const [drafts, heard] = [record(laptop, 'reply'), record(laptop, 'message')];
    const rest = api(present(second), token);
    return {
      url,
      scripts,
      script: present(scripts[0]),
      rest,
      token,
      second: present(second),
      phone,
      laptop,
      sessionId,
      drafts,
      heard,
    };
  }

  /** The text of a draft, as its pieces give it; null if they leave a gap. */
  function textOf(pieces: readonly DraftDelta[]): string | null {
    let draft: Draft | null | undefined;
    for (const piece of pieces) draft = draft === null ? null : applyDelta(draft, piece);
    return draft?.text ?? null;
  }

  test.each([
    ['at once, over the bus', true],
    ['as it is stored, without one', false],
  ])(
    'grows on the devices of the other node %s',
    async (_how, hasBus) => {
      const redis = hasBus ? await startRedis() : null;
      const { script, phone, sessionId, drafts, heard, rest, second, token } = await startTwo(redis?.url);
      const { messageId: replyTo } = await send(phone, sessionId, 'Why?');
      const request = await script.request(0);
      request.send('Be');
      await drafts.until((all) => textOf(all) === 'Be');
      if (hasBus) {
        request.send('cause 🐢');
        await drafts.until((all) => textOf(all) === 'Because 🐢');
      }
      const late = await connect(second, token);
      const text = hasBus ? 'Because 🐢' : 'Be';
      const draft = { replyTo, variant: 1, attempt: 1, state: 'writing' };
      expect((await join(late, sessionId)).drafts).toEqual([{ ...draft, text }]);
      const { body } = await rest.get(`/api/sessions/${sessionId}/drafts`).expect(200);
      expect(body.drafts).toMatchObject([draft]);
      request.finish();
      await heard.until((all) => all.length === 2);
      expect((await join(late, sessionId)).drafts).toBeUndefined();
      await rest.get(`/api/sessions/${sessionId}/drafts`).expect(200, { drafts: [] });
    },
    60_000,
  );

  test.each([
    ['over the bus', true],
    ['without one', false],
  ])(
    'is stopped from another node %s, and its request ended',
    async (_how, hasBus) => {
      const redis = hasBus ? await startRedis() : null;
      const { script, phone, laptop, sessionId, drafts } = await startTwo(redis?.url);
      const { messageId: replyTo } = await send(phone, sessionId, 'Why?');
      const request = await script.request(0);
      request.send('Beca');
      await drafts.until((all) => textOf(all) === 'Beca');
      const stop = () =>
        new Promise<Answer<Stopped>>((resolve) => laptop.emit('stop-reply', { sessionId, replyTo }, resolve));
      const stopped = { message: { seq: 2, content: 'Beca', finish: 'stopped', replyTo } };
      expect(successOf(await stop())).toMatchObject(stopped);
      expect(request.signal.aborted).toBe(true);
      expect(successOf(await stop())).toMatchObject(stopped);
      expect(script.requests).toHaveLength(1);
    },
    60_000,
  );

  test('is aborted if its session is deleted on another node', async () => {
    const { script, phone, sessionId, rest } = await startTwo();
    await send(phone, sessionId, 'Why?');
    const { signal } = await script.request(0);
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
    await rest.delete(`/api/sessions/${sessionId}`).expect(204);
    await aborted;
  });

  describe('made anew', () => {
    /** With a session of one exchange, whose reply the first node makes anew. */
    async function startAnew() {
      const redis = await startRedis();
      const started = await startTwo(redis.url);
      const { script, phone, sessionId, heard, drafts } = started;
      const { messageId: replyTo } = await send(phone, sessionId, 'Why?');
      (await script.request(0)).send('Because.', { finish: 'stop' });
      await heard.atLeast(2);
      const target = { sessionId, replyTo, variant: 2 };
      const answer: Answer<object> = await phone.emitWithAck('regenerate', target);
      expect(answer.ok).toBe(true);
      const request = await script.request(1);
      request.send('So');
      await drafts.until((all) => all.some(({ variant, text }) => variant === 2 && text === 'So'));
      return { ...started, replyTo, request };
    }

    test('and that fails is shown once on the other node, with its error', async () => {
      const { request, replyTo, drafts, second, token, sessionId } = await startAnew();
      request.fail(new ResponderFailure('permanent', 'scripted'));
      const failed = { replyTo, variant: 2, state: 'failed', error: { code: 'RESPONDER_FAILED' } };
      const seen = await drafts.until((all) => all.at(-1)?.state === 'failed');
      expect(seen.at(-1)).toMatchObject(failed);
      const late = await connect(second, token);
      expect((await join(late, sessionId)).drafts).toEqual([{ ...failed, attempt: 1, text: 'So' }]);
    }, 60_000);

    test('is no longer a draft on the other node once its message is delivered', async () => {
      const { request, heard, second, token, sessionId } = await startAnew();
      const late = await connect(second, token);
      request.send('.', { finish: 'stop' });
      expect((await heard.atLeast(3)).at(-1)).toMatchObject({ variant: 2, content: 'So.' });
      expect((await join(late, sessionId)).drafts).toBeUndefined();
    }, 60_000);
  });

  test('waits for the one before it in its session, which another node makes', async () => {
    const { scripts, phone, laptop, sessionId, heard } = await startTwo();
    await send(phone, sessionId, 'one');
    const first = await present(scripts[0]).request(0);
    await send(laptop, sessionId, 'two');
    await send(phone, sessionId, 'three');
    first.send('1');
    first.finish();
    const answered = [1, 0];
    for (const content of ['two', 'three']) {
      const { node, next } = await Promise.race(
        scripts.map(async (script, node) => ({ node, next: await script.request(answered[node] ?? 0) })),
      );
      answered[node] = (answered[node] ?? 0) + 1;
      expect(next.prompt.content).toBe(content);
      next.send(content);
      next.finish();
      await heard.until((all) =>
        all.some((message) => message.sender === 'server' && message.content === content),
      );
    }
  }, 60_000);

  test('begins when the one before it is stored, which another node makes, without any search', async () => {
    const redis = await startRedis();
    // So long that nothing is searched for.
    const { scripts, phone, laptop, sessionId, heard } = await startTwo(redis.url, {
      ...{ beatMs: 60_000, replyRetryMs: 60_000 },
    });
    const [first, second] = [present(scripts[0]), present(scripts[1])];
    const sent = [await send(phone, sessionId, 'one')];
    const one = await first.request(0);
    for (const device of [laptop, laptop, phone]) sent.push(await send(device, sessionId, 'and then?'));
    one.finish();
    for (const [script, index] of [
      [second, 0],
      [second, 1],
      [first, 1],
    ] as const) {
      const request = await script.request(index);
      request.send('yes');
      request.finish();
    }
    const replies = () => heard.seen.filter(({ sender }) => sender === 'server');
    await heard.until(() => replies().length === 4);
    expect(replies().map(({ replyTo }) => replyTo)).toEqual(sent.map(({ messageId }) => messageId));
  }, 60_000);

  test('costs one request, however long it takes, and reaches the devices of all nodes', async () => {
    const url = present(mongoUrlForTest());
    const scripts = [scriptedResponder(), scriptedResponder()];
    const [first, second] = await startFleet({
      database: { kind: 'mongodb', url },
      parts: (node) => ({ responder: present(scripts[node]).responder }),
    });
    const { token } = await signUp(present(first));
    const phone = await connect(present(first), token);
    const laptop = await connect(present(second), token);
    const sessionId = randomUUID();
    await join(laptop, sessionId);
    const heard = record(laptop, 'message');
    await send(phone, sessionId, 'Why?');
    const request = await present(scripts[0]).request(0);
    request.send('Because');
    await untilBeats(url, BEATS);
    request.finish();
    const seen = await heard.until((all) => all.length === 2);
    expect(seen.map(({ content }) => content)).toEqual(['Why?', 'Because']);
    expect(scripts.map(({ requests }) => requests.length)).toEqual([1, 0]);
  });
});
