import { setTimeout as pause } from 'node:timers/promises';
import { LLMock } from '@copilotkit/aimock';
import { type ReplyPart, ResponderFailure } from '../../src/responders/responder';
import { ask, newPrompt, openAi } from './prompts';
import { chunk, event, type ReceivedRequest, startUpstream, stream } from './upstreamServer';

const DONE = event('[DONE]');
const STOP = chunk({}, 'stop');

describe('a model behind a mock of the API', () => {
  const mock = new LLMock({ port: 0 });
  beforeAll(() => mock.start());
  beforeEach(() => mock.reset());
  afterAll(() => mock.stop());
  const responder = () => openAi(`${mock.url}/v1`);

  test('streams its text, its usage and its end', async () => {
    mock.on({ userMessage: 'Why?' }, { content: 'Because it is so. 🐢' }, { chunkSize: 5 });
    const { text, parts, failure } = await ask(responder());
    expect([text, failure]).toEqual(['Because it is so. 🐢', null]);
    expect(parts.filter((part) => 'text' in part).length).toBeGreaterThan(2);
    const { promptTokens, completionTokens } = Object(
      parts.flatMap((part) => ('usage' in part ? part.usage : [])).at(-1),
    );
    expect(promptTokens).toBeGreaterThan(0);
    expect(completionTokens).toBeGreaterThan(0);
    expect(parts.at(-1)).toEqual({ finish: 'stop' });
  });

  test('reasons without that becoming text', async () => {
    mock.on({ userMessage: 'Why?' }, { content: 'Because.', reasoning: 'Let me see.' });
    const { text, parts } = await ask(responder());
    expect(text).toBe('Because.');
    expect(parts).toContainEqual({ thinking: true });
  });

  test.each([
    ['length', 'length'],
    ['content_filter', 'filtered'],
  ])('ends with %s', async (finishReason, finish) => {
    mock.on({ userMessage: 'Why?' }, { content: 'Because', finishReason });
    expect((await ask(responder())).parts.at(-1)).toEqual({ finish });
  });

  test('fails for good if it calls a tool', async () => {
    mock.on({ userMessage: 'Why?' }, { toolCalls: [{ name: 'search', arguments: '{}' }] });
    expect((await ask(responder())).failure?.kind).toBe('permanent');
  });

  test.each([
    ['truncateAfterChunks', { truncateAfterChunks: 3 }],
    ['disconnectAfterMs', { disconnectAfterMs: 100, latency: 40 }],
  ])('fails in passing when the stream is cut: %s', async (_how, options) => {
    mock.on({ userMessage: 'Why?' }, { content: 'Because it is so.' }, { chunkSize: 3, ...options });
    const { text, failure } = await ask(responder());
    expect('Because it is so.').toContain(text);
    expect(failure?.kind).toBe('passing');
  });

  test('gets the model, the conversation and the limits', async () => {
    mock.on({ userMessage: /Why/ }, { content: 'Because.' });
    const prompt = newPrompt('Why not?', [
      { role: 'user', content: 'Is it so?' },
      { role: 'assistant', content: 'It is.' },
    ]);
    const settings = {
      systemPrompt: 'Be brief.',
      extra: { temperature: 0, max_tokens: null, max_completion_tokens: 9 },
    };
    await ask(openAi(`${mock.url}/v1/`, settings), prompt);
    expect(mock.getLastRequest()?.body).toMatchObject({
      model: 'small',
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0,
      max_completion_tokens: 9,
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Is it so?' },
        { role: 'assistant', content: 'It is.' },
        { role: 'user', content: 'Why not?' },
      ],
    });
    expect(mock.getLastRequest()?.body).not.toHaveProperty('max_tokens');
  });

  test('is asked once, whatever happens to the request', async () => {
    for (const status of [408, 429, 500, 503]) {
      mock.nextRequestError(status);
      await ask(responder());
    }
    expect(mock.getRequests()).toHaveLength(4);
  });
});

describe('a stream', () => {
  test('may be split between any two bytes', async () => {
    const whole = Buffer.from(
      `: hello\r\n\r\n${chunk({ content: 'é…🐢' })}${chunk({ content: '!' })}${STOP}${DONE}`,
    );
    const upstream = await startUpstream(async (response) => {
      stream(response);
      for (const byte of whole) {
        response.write(Uint8Array.of(byte));
        await new Promise(setImmediate);
      }
      response.end();
    });
    expect(await ask(openAi(upstream.url))).toMatchObject({ text: 'é…🐢!', failure: null });
  });

  test.each<[string, string[]]>([
    ['without [DONE]', [chunk({ content: 'Because.' }), STOP]],
    ['without its last blank line', [chunk({ content: 'Because.' }), STOP.trimEnd()]],
    ['with the reason beside the text', [chunk({ content: 'Because.' }, 'stop')]],
    [
      'with comments and events of other kinds',
      [': PROCESSING\n\n', event({ object: 'ping' }), chunk({ content: 'Because.' }), STOP],
    ],
    ['with content in parts', [chunk({ content: [{ type: 'text', text: 'Because.' }] }), STOP]],
    [
      'with reasoning in tags',
      [chunk({ content: '<thi' }), chunk({ content: 'nk>a</think>Because.' }), STOP],
    ],
    ['with an unknown finish reason', [chunk({ content: 'Because.' }, 'eos')]],
  ])('is complete %s', async (_how, texts) => {
    const upstream = await startUpstream((response) => void stream(response, ...texts).end());
    expect(await ask(openAi(upstream.url))).toMatchObject({ text: 'Because.', failure: null });
  });

  test.each<[string, string[], string]>([
    ['ends early, although cleanly', [DONE], 'passing'],
    ['reports an error', [event({ error: { message: 'overloaded', code: 502 } })], 'passing'],
    ['reports an error as a text', [event({ error: 'overloaded' })], 'passing'],
    ['reports an error of vLLM', [event({ object: 'error', message: 'bad', code: 400 })], 'permanent'],
    ['reports a limit', [event({ error: { message: 'slow down', code: 429 } })], 'limited'],
    ['has the finish reason of an error', [chunk({}, 'error')], 'passing'],
    ['is not JSON', [event('<html>')], 'passing'],
  ])('that %s has failed, and its text counts', async (_how, texts, kind) => {
    const upstream = await startUpstream(
      (response) => void stream(response, chunk({ content: 'Beca' }) + texts.join('')).end(),
    );
    expect(await ask(openAi(upstream.url))).toMatchObject({ text: 'Beca', failure: { kind } });
  });

  test('with an event of more than 1 MB fails without filling the memory', async () => {
    const upstream = await startUpstream(async (response, { hungUp }) => {
      stream(response, 'data: ');
      const piece = 'x'.repeat(2 ** 20);
      while (response.writable) {
        const drained = new Promise<void>((resolve) => response.write(piece, () => resolve()));
        await Promise.race([drained, hungUp]);
        if (response.destroyed) return;
      }
    });
    expect((await ask(openAi(upstream.url))).failure).toMatchObject({ kind: 'permanent' });
    await upstream.requests[0]?.hungUp;
  });

  test('that stays open after its end costs 2 s at most, and loses nothing', async () => {
    const upstream = await startUpstream(
      (response) => void stream(response, chunk({ content: 'Because.' }, 'stop')),
    );
    const startedAt = performance.now();
    expect(await ask(openAi(upstream.url))).toMatchObject({ text: 'Because.', failure: null });
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });
});

describe('silence', () => {
  test('before the first text ends the request, although comments arrive', async () => {
    const upstream = await startUpstream((response, { hungUp }) => {
      stream(response);
      const timer = setInterval(() => response.write(': PROCESSING\n\n'), 20);
      void hungUp.then(() => clearInterval(timer));
    });
    const { failure } = await ask(openAi(upstream.url, { firstTokenTimeoutMs: 200, idleTimeoutMs: 100 }));
    expect(failure).toMatchObject({ kind: 'passing', message: 'no text arrived in time' });
    await upstream.requests[0]?.hungUp;
  });

  test('before the headers ends the request', async () => {
    const upstream = await startUpstream(() => {});
    expect((await ask(openAi(upstream.url, { firstTokenTimeoutMs: 100 }))).failure?.kind).toBe('passing');
    await upstream.requests[0]?.hungUp;
  });

  test('in mid-text ends the request, and keeps the text', async () => {
    const upstream = await startUpstream((response) => void stream(response, chunk({ content: 'Beca' })));
    const asked = await ask(openAi(upstream.url, { idleTimeoutMs: 100 }));
    expect(asked).toMatchObject({ text: 'Beca', failure: { message: 'the stream fell silent' } });
    await upstream.requests[0]?.hungUp;
  });

  test('does not count while comments arrive', async () => {
    // A busy machine must not make a pause twenty times as long.
    const idleTimeoutMs = 1_000;
    const upstream = await startUpstream(async (response) => {
      stream(response, chunk({ content: 'Beca' }));
      const beganAt = performance.now();
      while (performance.now() - beganAt < 1.2 * idleTimeoutMs) {
        await pause(idleTimeoutMs / 20);
        response.write(': still here\n\n');
      }
      response.end(chunk({ content: 'use.' }, 'stop'));
    });
    expect((await ask(openAi(upstream.url, { idleTimeoutMs }))).text).toBe('Because.');
  });

  test('is not needed for a reply to take too long', async () => {
    const upstream = await startUpstream((response, { hungUp }) => {
      stream(response);
      const timer = setInterval(() => response.write(chunk({ content: 'a' })), 20);
      void hungUp.then(() => clearInterval(timer));
    });
    const { failure } = await ask(openAi(upstream.url, { timeoutMs: 200 }));
    expect(failure).toMatchObject({ kind: 'passing', message: 'the reply took too long' });
  });
});

describe('an abort', () => {
  test.each(['before the first text', 'in mid-text'])(
    '%s closes the connection within 100 ms',
    async (when) => {
      const texts = when === 'in mid-text' ? [chunk({ content: 'Beca' })] : [];
      const upstream = await startUpstream((response) => void stream(response, ...texts));
      const stopping = new AbortController();
      const asking = ask(openAi(upstream.url), newPrompt(), stopping.signal);
      await expectRequests(upstream.requests, 1);
      const startedAt = performance.now();
      stopping.abort();
      await expect(asking).rejects.toBe(stopping.signal.reason);
      await upstream.requests[0]?.hungUp;
      expect(performance.now() - startedAt).toBeLessThan(100);
    },
  );

  test('by a reader that stops reading closes the connection too', async () => {
    const upstream = await startUpstream((response) => void stream(response, chunk({ content: 'Beca' })));
    const parts: ReplyPart[] = [];
    for await (const part of openAi(upstream.url).respond(newPrompt(), new AbortController().signal)) {
      parts.push(part);
      if ('text' in part) break;
    }
    expect(parts).toEqual([expect.objectContaining({ usage: expect.anything() }), { text: 'Beca' }]);
    await upstream.requests[0]?.hungUp;
  });
});

describe('a refusal', () => {
  const refuse = (status: number, body: object | string, headers = {}) =>
    startUpstream((response) => {
      response.writeHead(status, headers);
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });

  test.each<[number, object | string, string]>([
    [400, { error: { message: 'bad request' } }, 'permanent'],
    [401, { error: { message: 'no such key' } }, 'permanent'],
    [403, 'Forbidden', 'permanent'],
    [404, { error: { message: 'no such model' } }, 'permanent'],
    [307, '', 'permanent'],
    [408, '', 'passing'],
    [429, {}, 'limited'],
    [429, { error: { code: 'insufficient_quota' } }, 'permanent'],
    [500, '<html>', 'passing'],
    [503, { error: { message: 'Loading model', code: 503 } }, 'passing'],
    [400, { error: { code: 'context_length_exceeded', message: '' } }, 'contextTooLong'],
    [400, { error: { type: 'exceed_context_size_error', n_ctx: 512 } }, 'contextTooLong'],
    [400, { detail: "This model's maximum context length is 512 tokens." }, 'contextTooLong'],
    [413, [{ error: { message: 'prompt is too long' } }], 'contextTooLong'],
  ])('with %i %j is %s', async (status, body, kind) => {
    const upstream = await refuse(status, body);
    expect((await ask(openAi(upstream.url))).failure).toMatchObject({ kind });
  });

  test('of a connection is passing', async () => {
    expect((await ask(openAi('http://127.0.0.1:1/v1'))).failure).toMatchObject({ kind: 'passing' });
  });

  test.each([
    [{ 'Retry-After': '7' }, 7_000],
    [{ 'Retry-After': '0' }, 0],
    [{ 'Retry-After-Ms': '250', 'Retry-After': '1' }, 250],
    [{ 'Retry-After': 'soon' }, undefined],
  ])('with %j says how long to wait', async (headers, wait) => {
    const { failure } = await ask(openAi((await refuse(429, {}, headers)).url));
    expect(failure?.retryAfterMs).toBe(wait);
  });

  test('with a date says how long to wait', async () => {
    const upstream = await refuse(503, {}, { 'Retry-After': new Date(Date.now() + 30_000).toUTCString() });
    const { failure } = await ask(openAi(upstream.url));
    expect(failure?.retryAfterMs).toBeGreaterThan(20_000);
    expect(failure?.retryAfterMs).toBeLessThan(31_000);
  });

  test('is reported without the key, even if the provider repeats it', async () => {
    const upstream = await refuse(401, { error: { message: 'Incorrect API key: sk-secret.' } });
    const { failure } = await ask(openAi(upstream.url));
    expect(upstream.requests[0]?.headers.authorization).toBe('Bearer sk-secret');
    expect(failure?.message).toContain('Incorrect API key: ***.');
    expect(JSON.stringify([failure, failure?.stack, failure?.cause])).not.toContain('sk-secret');
  });

  test('because of the length is followed by one shorter request', async () => {
    const upstream = await refuse(400, { error: { code: 'context_length_exceeded' } });
    const budgets: number[] = [];
    const history = async (maxCharacters: number) => {
      budgets.push(maxCharacters);
      return [];
    };
    const { failure } = await ask(openAi(upstream.url), { ...newPrompt(), history });
    expect(failure?.kind).toBe('contextTooLong');
    expect(budgets).toEqual([(8192 - 1024) * 3 - 4, (8192 - 1024) * 1.5 - 4]);
    expect(new Set(upstream.requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(2);
  });
});

test('a text that is cut off by an error about the length is not followed by another one', async () => {
  const error = event({ error: { code: 'context_length_exceeded', message: 'too long' } });
  const upstream = await startUpstream(
    (response) => void stream(response, chunk({ content: 'Because' }), error).end(),
  );
  const { text, failure } = await ask(openAi(upstream.url));
  expect([text, failure?.kind]).toEqual(['Because', 'contextTooLong']);
  expect(upstream.requests).toHaveLength(1);
});

test('each request is reported with the status of its response', async () => {
  const statuses: (number | null)[] = [];
  const report = (status: number | null) => statuses.push(status);
  const upstream = await startUpstream((response) => {
    const tooLong = { error: { code: 'context_length_exceeded' } };
    if (statuses.length === 0) response.writeHead(400).end(JSON.stringify(tooLong));
    else stream(response, chunk({ content: 'Because.' }, 'stop'), DONE).end();
  });
  expect(await ask(openAi(upstream.url, {}, report))).toMatchObject({ text: 'Because.', failure: null });
  await ask(openAi('http://127.0.0.1:1', {}, report));
  expect(statuses).toEqual([400, 200, null]);
});

test('a request estimates its tokens before a provider reports them', async () => {
  const upstream = await startUpstream((response) => void response.writeHead(500).end());
  const systemPrompt = 's'.repeat(30);
  const prompt = newPrompt('c'.repeat(9), [
    { role: 'user', content: 'h'.repeat(3) },
    { role: 'assistant', content: 'hhh' },
  ]);
  const { parts } = await ask(openAi(upstream.url, { systemPrompt }), prompt);
  expect(parts).toEqual([{ usage: { promptTokens: 15, completionTokens: 0, estimated: true } }]);
});

describe('a title', () => {
  const prompt = { userId: 'u', sessionId: 's', content: 'Why?', replyTo: 'm', reply: 'Because.' };

  async function titleOf(settings: Parameters<typeof openAi>[1]) {
    const upstream = await startUpstream(
      (response) => void stream(response, chunk({ content: 'The reason' }, 'length'), DONE).end(),
    );
    const { title } = openAi(upstream.url, settings);
    const parts: ReplyPart[] = [];
    for await (const part of title?.(prompt, new AbortController().signal) ?? []) parts.push(part);
    return { parts, request: upstream.requests[0] };
  }

  test('is asked for in one request of 24 tokens, with the first exchange', async () => {
    const { parts, request } = await titleOf({ titles: true });
    expect(parts).toContainEqual({ text: 'The reason' });
    expect(parts.at(-1)).toEqual({ finish: 'length' });
    expect(request?.headers['idempotency-key']).toBe('m.0.1');
    expect(JSON.parse(request?.body ?? '')).toMatchObject({ model: 'small', max_tokens: 24, stream: true });
    expect(messagesIn(request)[1]).toEqual({ role: 'user', content: 'Why?\n\nBecause.' });
  });

  test('has its limit under the name that the provider knows', async () => {
    const extra = { max_tokens: null, max_completion_tokens: 900, temperature: 0 };
    const { request } = await titleOf({ titles: true, extra });
    const body = JSON.parse(request?.body ?? '');
    expect(body).toMatchObject({ max_completion_tokens: 24, temperature: 0 });
    expect(body).not.toHaveProperty('max_tokens');
  });

  test('is not asked for by default', async () => {
    expect(await titleOf({})).toEqual({ parts: [], request: undefined });
  });
});

test('a response that is not streamed is a reply too', async () => {
  const body = { choices: [{ message: { role: 'assistant', content: 'Because.' }, finish_reason: 'stop' }] };
  const upstream = await startUpstream((response) => {
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(body));
  });
  expect(await ask(openAi(upstream.url))).toMatchObject({ text: 'Because.', failure: null });
});

describe('the request', () => {
  const answer = () =>
    startUpstream((response) => void stream(response, chunk({ content: 'Because.' }, 'stop'), DONE).end());

  test('carries the id of the attempt, and no key if there is none', async () => {
    const upstream = await answer();
    await ask(openAi(upstream.url, { apiKey: null }), { ...newPrompt(), variant: 2, attempt: 3 });
    expect(upstream.requests[0]?.path).toBe('/v1/chat/completions');
    expect(upstream.requests[0]?.headers).not.toHaveProperty('authorization');
    expect(upstream.requests[0]?.headers['idempotency-key']).toMatch(/^m\.2\.3\b/);
  });

  test('joins a message to an unanswered one before it', async () => {
    const upstream = await answer();
    await ask(openAi(upstream.url), newPrompt('And you?', [{ role: 'user', content: 'How are they?' }]));
    expect(messagesIn(upstream.requests[0])).toEqual([
      { role: 'user', content: 'How are they?\n\nAnd you?' },
    ]);
  });

  test('has a message that is too long for the model without its middle', async () => {
    const upstream = await answer();
    const content = `begin ${'🐢'.repeat(4_000)} end`;
    await ask(openAi(upstream.url, { contextTokens: 1_500, maxTokens: 500 }), newPrompt(content));
    const [message] = messagesIn(upstream.requests[0]);
    expect(message.content).toMatch(/^begin 🐢+.?\n…\n.?🐢+ end$/u);
    expect(message.content.length).toBeLessThanOrEqual(3_000);
    expect(message.content.isWellFormed()).toBe(true);
  });
});

function messagesIn(request: ReceivedRequest | undefined) {
  return JSON.parse(request?.body ?? '{}').messages;
}

async function expectRequests(requests: readonly unknown[], count: number): Promise<void> {
  while (requests.length < count) await new Promise(setImmediate);
}

test('a failure is an error with a name', () => {
  expect(new ResponderFailure('passing', 'x')).toMatchObject({ name: 'ResponderFailure', message: 'x' });
});
