import { randomUUID } from 'node:crypto';
import type { Turn } from '../../src/responders/responder';
import { scriptedResponder } from '../responders/scriptedResponder';
import { api, connect, record, signUp } from '../support/client';
import { ask, join, send } from '../support/socketCalls';
import { startTestServer, testDatabases } from '../support/testServer';

describe.each(testDatabases)('edited messages, on %s', (_name, makeDatabase) => {
  async function start() {
    const script = scriptedResponder();
    const { responder } = script;
    const server = await startTestServer({
      database: makeDatabase(),
      parts: { responder, waits: { replyRetryMs: 20 } },
    });
    const { token } = await signUp(server);
    const [socket, other] = [await connect(server, token), await connect(server, token)];
    const sessionId = randomUUID();
    return { ...script, server, token, socket, other, sessionId, heard: record(socket, 'message') };
  }

  test('are new messages, each with a reply of its own, and prompts have the latest version only', async () => {
    const { request, server, token, socket, other, sessionId, heard } = await start();
    const answer = async (index: number, text: string) => {
      const { prompt, ...reply } = await request(index);
      reply.send(text);
      reply.finish();
      await heard.atLeast(index + 1);
      return prompt.history(1000);
    };
    const one = await send(socket, sessionId, 'one');
    expect(await answer(0, '1')).toEqual([]);
    const two = await send(socket, sessionId, 'two');
    expect(await answer(1, '2')).toEqual(turns('one', '1'));
    const heardElsewhere = record(other, 'message');
    expect((await join(other, sessionId)).session.lastSeq).toBe(4);

    const edit = { sessionId, content: 'Two', clientMessageId: 'c', replaces: two.messageId };
    const sent = await ask(socket, edit);
    expect(sent).toMatchObject({ ok: true, message: { seq: 5, content: 'Two', replaces: two.messageId } });
    expect(await answer(2, '2b')).toEqual(turns('one', '1'));
    expect(await heardElsewhere.atLeast(2)).toMatchObject([{ replaces: two.messageId }, { content: '2b' }]);
    expect(await ask(socket, edit)).toEqual({ ...sent, duplicate: true });

    await send(socket, sessionId, 'three');
    expect(await answer(3, '3')).toEqual(turns('one', '1', 'Two', '2b'));
    const path = `/api/sessions/${sessionId}/messages`;
    const again = { content: 'uno', replaces: one.messageId.toUpperCase() };
    const { body } = await api(server, token).post(path).send(again).expect(201);
    expect(body).toMatchObject({ message: { seq: 9, replaces: one.messageId }, reply: null });
    expect(await answer(4, '1b')).toEqual([]);
    await send(socket, sessionId, 'dos');
    expect(await answer(5, '2c')).toEqual(turns('uno', '1b'));
  });

  test('stop the reply to the version before, which is stored, and are answered at once', async () => {
    const { request, requests, socket, sessionId, heard } = await start();
    const running = await send(socket, sessionId, 'running');
    const first = await request(0);
    first.send('so far');
    const waiting = await send(socket, sessionId, 'waiting');
    const edit = { content: 'instead', replaces: waiting.messageId };
    expect(await ask(socket, { sessionId, ...edit })).toMatchObject({ ok: true });
    const stopped = { content: '', finish: 'stopped', replyTo: waiting.messageId };
    expect(await heard.atLeast(1)).toMatchObject([stopped]);

    const other = { content: 'something else', replaces: running.messageId };
    expect(await ask(socket, { sessionId, ...other })).toMatchObject({ ok: true });
    const partial = { content: 'so far', finish: 'stopped', replyTo: running.messageId };
    expect(await heard.atLeast(2)).toMatchObject([stopped, partial]);
    expect(first.signal.aborted).toBe(true);
    for (const [index, content] of ['instead', 'something else'].entries()) {
      const next = await request(index + 1);
      expect(next.prompt.content).toBe(content);
      next.send('done');
      next.finish();
      await heard.atLeast(index + 3);
    }
    expect(requests).toHaveLength(3);
  });

  test('are refused if they replace no message of the user in the session', async () => {
    const { request, requests, server, token, socket, sessionId, heard } = await start();
    const message = await send(socket, sessionId, 'one');
    (await request(0)).send('1', { finish: 'stop' });
    const [reply] = await heard.atLeast(1);
    const elsewhere = randomUUID();
    const wrong = [
      { sessionId, replaces: reply?.messageId ?? '' },
      { sessionId, replaces: randomUUID() },
      { sessionId: elsewhere, replaces: message.messageId },
      { sessionId, replaces: 'x' },
    ];
    for (const { sessionId: target, replaces } of wrong) {
      const errors = [{ field: 'replaces', message: expect.stringMatching(/^must be /) }];
      const expected = { code: 'VALIDATION_FAILED', errors };
      const payload = { sessionId: target, content: 'edited', replaces };
      expect(await ask(socket, payload)).toMatchObject({ ok: false, error: expected });
      const { body } = await api(server, token)
        .post(`/api/sessions/${target}/messages`)
        .send({ content: 'edited', replaces })
        .expect(400);
      expect(body).toMatchObject(expected);
    }
    await api(server, token).get(`/api/sessions/${elsewhere}`).expect(404);
    const { token: stranger } = await signUp(server);
    const foreign = { content: 'edited', replaces: message.messageId };
    await api(server, stranger).post(`/api/sessions/${sessionId}/messages`).send(foreign).expect(404);
    expect(requests).toHaveLength(1);
  });
});

test('the echo answers an edited message, too', async () => {
  const server = await startTestServer();
  const { token } = await signUp(server);
  const socket = await connect(server, token);
  const heard = record(socket, 'message');
  const sessionId = randomUUID();
  const { messageId } = await send(socket, sessionId, 'one');
  const edit = { sessionId, content: 'uno', replaces: messageId };
  const answer = await ask(socket, edit);
  expect(answer).toMatchObject({ ok: true, message: { seq: 3, content: 'uno', replaces: messageId } });
  expect(await heard.atLeast(2)).toMatchObject([{ seq: 2 }, { seq: 4, content: 'uno' }]);
});

/** A history of user messages and replies, in turn. */
function turns(...contents: string[]): Turn[] {
  return contents.map((content, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content }));
}
