import { randomUUID } from 'node:crypto';
import type { Answer, RegeneratePayload } from '../../src/domain/events';
import { ResponderFailure } from '../../src/responders/responder';
import { scriptedResponder } from '../responders/scriptedResponder';
import { api, type ClientSocket, connect, record, signUp } from '../support/client';
import { failureIn, join, send } from '../support/socketCalls';
import { startTestServer, testDatabases } from '../support/testServer';

function regenerate(socket: ClientSocket, payload: RegeneratePayload): Promise<Answer<{ variant: number }>> {
  return new Promise((resolve) => socket.emit('regenerate', payload, resolve));
}

describe.each(testDatabases)('a regenerated reply, on %s', (_name, database) => {
  async function start() {
    const script = scriptedResponder();
    const { responder } = script;
    const server = await startTestServer({
      database: database(),
      parts: { responder, waits: { replyRetryMs: 20 } },
    });
    const { token } = await signUp(server);
    const socket = await connect(server, token);
    const sessionId = randomUUID();
    const heard = record(socket, 'message');
    return { ...script, server, token, socket, sessionId, heard };
  }

  /** With a session of one exchange. */
  async function startAnswered() {
    const started = await start();
    const { socket, sessionId, request, heard } = started;
    const { messageId: replyTo } = await send(socket, sessionId, 'Why?');
    (await request(0)).send('Because.', { finish: 'stop' });
    await heard.atLeast(1);
    return { ...started, replyTo, path: `/api/sessions/${sessionId}/messages/${replyTo}` };
  }

  test('is stored beside the first one, and prompts have it instead', async () => {
    const { socket, sessionId, replyTo, request, heard } = await startAnswered();
    const drafts = record(socket, 'reply');
    expect(await regenerate(socket, { sessionId, replyTo, variant: 2 })).toEqual({ ok: true, variant: 2 });
    const { prompt, ...reply } = await request(1);
    expect(prompt).toMatchObject({ content: 'Why?', replyTo, variant: 2, attempt: 1 });
    expect(await prompt.history(1000)).toEqual([]);
    reply.send('So.', { finish: 'length' });
    const stored = { seq: 3, sender: 'server', content: 'So.', replyTo, variant: 2, finish: 'length' };
    expect((await heard.atLeast(2))[1]).toMatchObject(stored);
    expect(drafts.seen.every(({ variant }) => variant === 2)).toBe(true);

    await send(socket, sessionId, 'Really?');
    const next = await request(2);
    expect(await next.prompt.history(1000)).toEqual([
      { role: 'user', content: 'Why?' },
      { role: 'assistant', content: 'So.' },
    ]);
  });

  test('is made once by two devices that ask at once, and by repeats', async () => {
    const { server, token, socket, sessionId, replyTo, path, request, requests, heard } =
      await startAnswered();
    const other = await connect(server, token);
    const target = { sessionId, replyTo, variant: 2 };
    const both = await Promise.all([regenerate(socket, target), regenerate(other, target)]);
    expect(both).toEqual([
      { ok: true, variant: 2 },
      { ok: true, variant: 2 },
    ]);
    const second = await request(1);
    await api(server, token).post(`${path}/replies`).send({ variant: 2 }).expect(200, { variant: 2 });
    expect(failureIn(await regenerate(socket, { ...target, variant: 3 })).code).toBe('CONFLICT');
    second.send('So.', { finish: 'stop' });
    await heard.atLeast(2);
    await api(server, token).post(`${path}/replies`).send({ variant: 2 }).expect(200, { variant: 2 });
    await api(server, token).post(`${path}/replies`).send({ variant: 4 }).expect(409);
    await api(server, token).post(`${path}/replies`).send({ variant: 3 }).expect(202, { variant: 3 });
    (await request(2)).send('Thus.', { finish: 'stop' });
    expect((await heard.atLeast(3))[2]).toMatchObject({ variant: 3, content: 'Thus.' });
    expect(failureIn(await regenerate(socket, target)).code).toBe('CONFLICT');
    expect(requests).toHaveLength(3);
  });

  test('that fails leaves the reply before, and a new try is the next number', async () => {
    const { server, token, socket, sessionId, replyTo, path, request, requests, heard } =
      await startAnswered();
    const drafts = record(socket, 'reply');
    await regenerate(socket, { sessionId, replyTo, variant: 2 });
    const second = await request(1);
    second.send('Beca');
    second.fail(new ResponderFailure('permanent', 'scripted'));
    await drafts.until((seen) => seen.at(-1)?.state === 'failed');
    expect(drafts.seen.at(-1)).toMatchObject({ variant: 2, error: { code: 'RESPONDER_FAILED' } });
    const error = { code: 'RESPONDER_FAILED' };
    const failed = { replyTo, variant: 2, attempt: 1, text: 'Beca', state: 'failed', error };
    const { body } = await api(server, token).get(`/api/sessions/${sessionId}/drafts`).expect(200);
    expect(body.drafts).toEqual([failed]);
    const late = await connect(server, token);
    expect((await join(late, sessionId)).drafts).toEqual([failed]);

    await api(server, token).post(`${path}/replies`).send({ variant: 2 }).expect(200);
    await api(server, token).post(`${path}/replies`).send({ variant: 3 }).expect(202);
    (await request(2)).send('So.', { finish: 'stop' });
    expect((await heard.atLeast(2))[1]).toMatchObject({ seq: 3, variant: 3 });
    expect(requests).toHaveLength(3);
  });

  test('can be stopped: what has arrived is stored, and without text the reply before stays', async () => {
    const { server, token, socket, sessionId, replyTo, path, request, requests, heard } =
      await startAnswered();
    await regenerate(socket, { sessionId, replyTo, variant: 2 });
    (await request(1)).send('So');
    await record(socket, 'reply').until((seen) => seen.some(({ text }) => text !== ''));
    const stopped = await api(server, token).delete(`${path}/reply`).expect(200);
    expect(stopped.body.message).toMatchObject({ variant: 2, content: 'So', finish: 'stopped' });
    await heard.atLeast(2);

    await regenerate(socket, { sessionId, replyTo, variant: 3 });
    await request(2);
    const again = await api(server, token).delete(`${path}/reply`).expect(200);
    expect(again.body.message).toEqual(stopped.body.message);
    expect(await regenerate(socket, { sessionId, replyTo, variant: 3 })).toMatchObject({ ok: true });
    expect(heard.seen).toHaveLength(2);
    expect(requests).toHaveLength(3);
  });

  test('that was acknowledged is made after a restart', async () => {
    const { server, token, socket, sessionId, replyTo, request, requests } = await startAnswered();
    await regenerate(socket, { sessionId, replyTo, variant: 2 });
    await request(1);
    await server.restart();
    const device = await connect(server, token);
    await join(device, sessionId);
    const heard = record(device, 'message');
    const again = await request(2);
    expect(again.prompt).toMatchObject({ replyTo, variant: 2, attempt: 2 });
    again.send('So.', { finish: 'stop' });
    expect(await heard.atLeast(1)).toMatchObject([{ seq: 3, variant: 2, content: 'So.' }]);
    expect(requests).toHaveLength(3);
  });

  test('is refused while the first one is being made, and for what is no message of the user', async () => {
    const { server, token, socket, sessionId, request, requests, heard } = await start();
    const { messageId: replyTo } = await send(socket, sessionId, 'Why?');
    const first = await request(0);
    const target = { sessionId, replyTo, variant: 2 };
    expect(failureIn(await regenerate(socket, target)).code).toBe('CONFLICT');
    first.send('Because.', { finish: 'stop' });
    const [reply] = await heard.atLeast(1);
    const wrong = [
      { ...target, sessionId: randomUUID() },
      { ...target, replyTo: randomUUID() },
      { ...target, replyTo: reply?.messageId ?? '' },
    ];
    for (const each of wrong) expect(failureIn(await regenerate(socket, each)).code).toBe('NOT_FOUND');
    for (const variant of [1, 1.5, Number.NaN]) {
      expect(failureIn(await regenerate(socket, { ...target, variant })).code).toBe('VALIDATION_FAILED');
    }
    const { token: stranger } = await signUp(server);
    const path = `/api/sessions/${sessionId}/messages/${replyTo}/replies`;
    await api(server, stranger).post(path).send({ variant: 2 }).expect(404);
    await api(server, token).post(path).send({}).expect(400);
    expect(requests).toHaveLength(1);
  });

  test('comes at once from the echo', async () => {
    const server = await startTestServer({ database: database() });
    const { token } = await signUp(server);
    const [socket, other] = [await connect(server, token), await connect(server, token)];
    const heard = record(socket, 'message');
    const sessionId = randomUUID();
    const { messageId: replyTo } = await send(socket, sessionId, 'Why?');
    const target = { sessionId, replyTo, variant: 2 };
    const both = await Promise.all([regenerate(socket, target), regenerate(other, target)]);
    expect(both.map(({ ok }) => ok)).toEqual([true, true]);
    expect(await heard.atLeast(2)).toMatchObject([{ seq: 2 }, { seq: 3, variant: 2, content: 'Why?' }]);
    expect(failureIn(await regenerate(socket, { ...target, variant: 4 })).code).toBe('CONFLICT');
    const { body } = await api(server, token).get(`/api/sessions/${sessionId}/messages`).expect(200);
    expect(body.messages).toHaveLength(3);
  });

  test('comes from a deferred responder, too', async () => {
    let count = 0;
    const responder = { kind: 'deferred' as const, respond: async () => `answer ${++count}` };
    const server = await startTestServer({ database: database(), parts: { responder } });
    const { token } = await signUp(server);
    const socket = await connect(server, token);
    const heard = record(socket, 'message');
    const sessionId = randomUUID();
    const { messageId: replyTo } = await send(socket, sessionId, 'Why?');
    await heard.atLeast(1);
    expect(await regenerate(socket, { sessionId, replyTo, variant: 2 })).toMatchObject({ ok: true });
    expect((await heard.atLeast(2))[1]).toMatchObject({ seq: 3, variant: 2, content: 'answer 2' });
    expect(await regenerate(socket, { sessionId, replyTo, variant: 3 })).toMatchObject({ ok: true });
    expect((await heard.atLeast(3))[2]).toMatchObject({ seq: 4, variant: 3, content: 'answer 3' });
  });
});
