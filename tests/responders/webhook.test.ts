import { createHmac } from 'node:crypto';
import { createWebhookResponder } from '../../src/responders/httpResponders';
import { ask, newPrompt } from './prompts';
import { chunk, startUpstream, stream } from './upstreamServer';

function webhook(url: string, secret: string | null = null) {
  const timeouts = { firstTokenTimeoutMs: 10_000, idleTimeoutMs: 10_000, timeoutMs: 10_000 };
  return createWebhookResponder({ kind: 'webhook', url, secret, ...timeouts });
}

test('a webhook gets the message, what was said before, and who asks', async () => {
  const upstream = await startUpstream((response) => {
    response.setHeader('Content-Type', 'application/json').end('{"content":"Because."}');
  });
  const history = [{ role: 'user' as const, content: 'Hello' }];
  expect(await ask(webhook(upstream.url), newPrompt('Why?', history))).toMatchObject({
    text: 'Because.',
    failure: null,
  });
  expect(JSON.parse(upstream.requests[0]?.body ?? '')).toEqual({
    replyTo: 'm',
    variant: 1,
    attempt: 1,
    user: { id: 'u' },
    session: { id: 's' },
    message: 'Why?',
    history,
  });
  expect(upstream.requests[0]?.headers).not.toHaveProperty('x-signature');
});

test('a webhook may stream', async () => {
  const upstream = await startUpstream(
    (response) => void stream(response, chunk({ content: 'Beca' }), chunk({ content: 'use.' }, 'stop')).end(),
  );
  expect(await ask(webhook(upstream.url))).toMatchObject({ text: 'Because.', failure: null });
});

test('a webhook with a secret can check who asks', async () => {
  const upstream = await startUpstream((response) => void response.writeHead(500).end('secret: hush'));
  const { failure } = await ask(webhook(upstream.url, 'hush'));
  const [request] = upstream.requests;
  const [, seconds, signature] =
    /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(request?.headers['x-signature'])) ?? [];
  expect(Math.abs(Date.now() / 1000 - Number(seconds))).toBeLessThan(10);
  expect(signature).toBe(createHmac('sha256', 'hush').update(`${seconds}.${request?.body}`).digest('hex'));
  expect(failure?.message).not.toContain('hush');
});

test('a stop closes the connection to the webhook', async () => {
  const upstream = await startUpstream((response) => void stream(response, chunk({ content: 'Beca' })));
  for await (const _ of webhook(upstream.url).respond(newPrompt(), new AbortController().signal)) break;
  await upstream.requests[0]?.hungUp;
});
