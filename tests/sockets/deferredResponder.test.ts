import { randomUUID } from 'node:crypto';
import type { Prompt } from '../../src/responders/responder';
import { times } from '../../testkit/builders';
import { Changes } from '../../testkit/waiting';
import { api, connect, record, signUp } from '../support/client';
import { ask, join, send } from '../support/socketCalls';
import { startTestServer, testDatabases } from '../support/testServer';

/** A responder whose answers the test gives, in the order in which it likes. */
function answeredByTest() {
  const asked = new Map<string, (answer: string) => void>();
  const prompts: Prompt[] = [];
  const changes = new Changes();
  return {
    asked,
    prompts,
    responder: {
      kind: 'deferred' as const,
      respond: (prompt: Prompt) =>
        new Promise<string>((resolve) => {
          prompts.push(prompt);
          asked.set(prompt.content, resolve);
          changes.notify();
        }),
    },
    /** Answers the message with this content as soon as it is asked about. */
    async answer(content: string, answer: string): Promise<void> {
      await changes.until(() => asked.has(content));
      asked.get(content)?.(answer);
    },
  };
}

describe.each(testDatabases)('a responder that takes its time, on %s', (_name, makeDatabase) => {
  async function userInSession() {
    const test = answeredByTest();
    const server = await startTestServer({ database: makeDatabase(), parts: { responder: test.responder } });
    const { token, user } = await signUp(server);
    const [phone, laptop] = await Promise.all([connect(server, token), connect(server, token)]);
    const sessionId = randomUUID();
    await Promise.all([join(phone, sessionId), join(laptop, sessionId)]);
    const heard = { phone: record(phone, 'message'), laptop: record(laptop, 'message') };
    return { ...test, rest: api(server, token), user, phone, laptop, sessionId, heard };
  }

  test('answers after the ack, once, to all devices', async () => {
    const { answer, prompts, rest, user, phone, sessionId, heard } = await userInSession();
    const message = await send(phone, sessionId, 'Why?');
    expect(await heard.laptop.atLeast(1)).toEqual([message]);
    expect(heard.phone.seen).toEqual([]);
    await answer('Why?', 'Because.');
    const [reply] = await heard.phone.atLeast(1);
    expect(reply).toMatchObject({
      seq: 2,
      sender: 'server',
      content: 'Because.',
      replyTo: message.messageId,
    });
    expect(await heard.laptop.atLeast(2)).toEqual([message, reply]);
    expect(prompts).toEqual([{ userId: user.id, sessionId, content: 'Why?' }]);
    const { body } = await rest.get(`/api/sessions/${sessionId}/messages`).expect(200);
    expect(body.messages).toEqual([message, reply]);
  });

  test('is asked once about a message that is sent twice', async () => {
    const { answer, prompts, phone, sessionId, heard } = await userInSession();
    const sending = { sessionId, content: 'Why?', clientMessageId: 'a' };
    await ask(phone, sending);
    expect(await ask(phone, sending)).toMatchObject({ ok: true, duplicate: true });
    await answer('Why?', 'Because.');
    await heard.phone.atLeast(1);
    expect(await ask(phone, sending)).toMatchObject({ ok: true, duplicate: true });
    await send(phone, sessionId, 'marker');
    await answer('marker', 'seen');
    const contents = (await heard.phone.atLeast(2)).map(({ content }) => content);
    expect(contents).toEqual(['Because.', 'seen']);
    expect(prompts).toHaveLength(2);
  });

  test('answers in its own order; all hear it in the order of seq', async () => {
    const { answer, rest, phone, laptop, sessionId, heard } = await userInSession();
    const contents = times(6, String);
    await Promise.all(contents.map((content, index) => send(index % 2 ? phone : laptop, sessionId, content)));
    await Promise.all(contents.toReversed().map((content) => answer(content, `answer ${content}`)));
    await Promise.all([heard.phone.atLeast(9), heard.laptop.atLeast(9)]);
    const { body } = await rest.get(`/api/sessions/${sessionId}/messages`).expect(200);
    const seqs = body.messages.map(({ seq }: { seq: number }) => seq);
    expect(seqs).toEqual(times(12, (index) => index + 1));
    for (const { seen } of [heard.phone, heard.laptop]) {
      const live = seen.map(({ seq }) => seq);
      expect(live).toEqual([...live].sort((one, other) => one - other));
      expect(seen.filter(({ sender }) => sender === 'server')).toHaveLength(6);
    }
  });

  test('answers those who joined after the question too', async () => {
    const { answer, phone, sessionId, heard, laptop } = await userInSession();
    laptop.emit('leave-session', sessionId);
    await send(phone, sessionId, 'Why?');
    await join(laptop, sessionId);
    await answer('Why?', 'Because.');
    expect(await heard.laptop.until((seen) => seen.some(({ sender }) => sender === 'server'))).toBeDefined();
  });
});

test('many replies wait for the signal of a stop at once, without a warning of Node.js', async () => {
  const questions = 30;
  const changes = new Changes();
  let waiting = 0;
  const respond = (_prompt: Prompt, signal: AbortSignal) =>
    new Promise<string>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('The server stops.')));
      waiting += 1;
      changes.notify();
    });
  const server = await startTestServer({ parts: { responder: { kind: 'deferred', respond } } });
  const socket = await connect(server, (await signUp(server)).token);
  await Promise.all(times(questions, (index) => send(socket, randomUUID(), `${index}`)));
  await changes.until(() => waiting === questions);
  await server.close();
});
