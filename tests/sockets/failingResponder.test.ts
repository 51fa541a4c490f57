import { randomUUID } from 'node:crypto';
import { ChatError } from '../../src/domain/errors';
import type { Prompt, Responder } from '../../src/responders/responder';
import type { ChatStore } from '../../src/stores/chatStore';
import { api, connect, record, signUp } from '../support/client';
import { ask, failureIn, join, send } from '../support/socketCalls';
import { newSqliteDatabase, startTestServer } from '../support/testServer';

async function deviceOf(responder: Responder) {
  const server = await startTestServer({ parts: { responder, waits: { replyRetryMs: 100 } } });
  const { token } = await signUp(server);
  const socket = await connect(server, token);
  return { rest: api(server, token), socket, sessionId: randomUUID(), heard: record(socket, 'message') };
}

/** Answers everything but the first time it is asked. */
function failingOnce() {
  let calls = 0;
  return () => {
    calls += 1;
    if (calls === 1) throw new Error('out of ideas');
    return `answer ${calls}`;
  };
}

/** Never answers. */
function untilStopped(_prompt: Prompt, signal: AbortSignal): Promise<string> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('stopped')));
  });
}

test('a responder of either kind that fails once is asked again, and answers once', async () => {
  const [soon, later] = [failingOnce(), failingOnce()];
  const responders: Responder[] = [
    { kind: 'immediate', respond: soon },
    { kind: 'deferred', respond: async () => later() },
  ];
  const expectAnswer = async (responder: Responder) => {
    const { socket, sessionId, heard, rest } = await deviceOf(responder);
    const { messageId } = await send(socket, sessionId, 'Why?');
    expect(await heard.atLeast(1)).toMatchObject([{ seq: 2, content: 'answer 2', replyTo: messageId }]);
    const { body } = await rest.get(`/api/sessions/${sessionId}/messages`).expect(200);
    expect(body.messages).toHaveLength(2);
  };
  await Promise.all(responders.map(expectAnswer));
});

test('an immediate responder that throws costs nobody the message', async () => {
  const respond = ({ content }: { content: string }) => {
    if (content === 'hard') throw new Error('too hard');
    return `answer to ${content}`;
  };
  const { socket, sessionId, heard, rest } = await deviceOf({ kind: 'immediate', respond });
  const hard = await send(socket, sessionId, 'hard');
  const easy = await send(socket, sessionId, 'easy');
  expect(await heard.atLeast(1)).toMatchObject([{ seq: 3, replyTo: easy.messageId }]);
  const { body } = await rest.get(`/api/sessions/${sessionId}/messages`).expect(200);
  expect(body.messages).toEqual([hard, easy, heard.seen[0]]);
});

test('guarantee 4: what fails is asked about again, although an answer of the same sweep never comes', async () => {
  const database = newSqliteDatabase();
  const silent = await startTestServer({
    database,
    parts: { responder: { kind: 'deferred', respond: untilStopped } },
  });
  const { token } = await signUp(silent);
  const socket = await connect(silent, token);
  const [fails, hangs] = [randomUUID(), randomUUID()];
  await send(socket, fails, 'fails once');
  await send(socket, hangs, 'hangs');
  await silent.close();

  const answer = failingOnce();
  const respond = async (prompt: Prompt, signal: AbortSignal) =>
    prompt.content === 'hangs' ? untilStopped(prompt, signal) : answer();
  const waits = { replyRetryMs: 100 };
  const server = await startTestServer({
    database,
    parts: { responder: { kind: 'deferred', respond }, waits },
  });
  const again = await connect(server, token);
  const heard = record(again, 'message');
  const { messages = [] } = await join(again, { sessionId: fails, after: 1 });
  if (messages.length === 0) await heard.atLeast(1);
  // A message may be in the acknowledgement and arrive live as well.
  const bySeq = new Map([...messages, ...heard.seen].map((message) => [message.seq, message]));
  expect([...bySeq.values()]).toMatchObject([{ seq: 2, content: 'answer 2' }]);
});

test('guarantee 4: a message whose storing failed although it is on disk gets its reply', async () => {
  const outcomeUnknown = (store: ChatStore): ChatStore => ({
    ...store,
    async appendExchange(exchange) {
      await store.appendExchange(exchange);
      throw new ChatError('UNAVAILABLE');
    },
  });
  const server = await startTestServer({
    parts: { responder: { kind: 'deferred', respond: async () => 'Because.' }, waits: { replyRetryMs: 100 } },
    wrapStore: outcomeUnknown,
  });
  const socket = await connect(server, (await signUp(server)).token);
  const heard = record(socket, 'message');
  const sessionId = randomUUID();
  await join(socket, sessionId);
  expect(failureIn(await ask(socket, { sessionId, content: 'Why?' })).code).toBe('UNAVAILABLE');
  const seen = await heard.until((all) => all.some(({ seq }) => seq === 2));
  expect(seen.at(-1)).toMatchObject({ seq: 2, content: 'Because.' });
});
