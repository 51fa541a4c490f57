import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcesses, startProcess, TEST_ENVIRONMENT } from '../../testkit/serverProcess';
import { chunk, startUpstream, stream } from '../responders/upstreamServer';
import { connect, record, signUp } from '../support/client';
import { send } from '../support/socketCalls';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'smart-chat-responder-'));
});
afterEach(() => {
  endProcesses();
  rmSync(directory, { recursive: true, force: true });
});

/** Starts the built server with these settings, asks it, and returns the reply and everything that the server printed. */
async function reply(environment: Record<string, string>) {
  const server = startProcess(directory, { ...TEST_ENVIRONMENT, ...environment });
  const at = { url: await server.listening };
  const socket = await connect(at, (await signUp(at)).token);
  const heard = record(socket, 'message');
  await send(socket, crypto.randomUUID(), 'Why?');
  const [message] = await heard.atLeast(1);
  socket.disconnect();
  return { message, output: server.output() };
}

test('RESPONDER=openai answers with the model that it names', async () => {
  writeFileSync(join(directory, 'prompt.txt'), 'Be brief.\n');
  const upstream = await startUpstream(
    (response) => void stream(response, chunk({ content: 'Because.' }, 'stop')).end(),
  );
  const { message } = await reply({
    RESPONDER: 'openai',
    RESPONDER_URL: upstream.url,
    RESPONDER_API_KEY: 'sk-secret',
    RESPONDER_MODEL: 'small',
    RESPONDER_SYSTEM_PROMPT: '@prompt.txt',
    RESPONDER_EXTRA: '{"temperature":0}',
  });
  expect(message).toMatchObject({ content: 'Because.', model: 'small' });
  expect(JSON.parse(upstream.requests[0]?.body ?? '')).toMatchObject({
    temperature: 0,
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Why?' },
    ],
  });
});

test('neither the log nor the reply shows the key, although the provider repeats it', async () => {
  const upstream = await startUpstream((response) => {
    response.writeHead(401).end('{"error":{"message":"wrong key sk-secret"}}');
  });
  const { message, output } = await reply({
    LOG_LEVEL: 'trace',
    RESPONDER: 'openai',
    RESPONDER_URL: upstream.url,
    RESPONDER_API_KEY: 'sk-secret',
    RESPONDER_MODEL: 'small',
  });
  expect(message).toMatchObject({ content: '', finish: 'failed', error: { code: 'RESPONDER_FAILED' } });
  expect(JSON.stringify(message)).not.toContain('wrong key');
  expect(output).toContain('wrong key ***');
  expect(output).not.toContain('sk-secret');
});

test('RESPONDER=webhook answers with what the service returns', async () => {
  const upstream = await startUpstream((response) => {
    response.setHeader('Content-Type', 'application/json').end('{"content":"Because."}');
  });
  const { message } = await reply({ RESPONDER: 'webhook', RESPONDER_URL: upstream.url });
  expect(message?.content).toBe('Because.');
});

const RESPONDER = `{
  kind: 'streaming',
  async *respond({ content }) {
    yield { text: 'You said: ' };
    yield { text: content };
    yield { finish: 'stop' };
  },
}`;

test.each([
  ['responder.mjs', `export default ${RESPONDER};`],
  ['responder.cjs', `module.exports = ${RESPONDER};`],
  ['compiled.cjs', `exports.__esModule = true; exports.default = ${RESPONDER};`],
])('RESPONDER=./%s answers with a module', async (name, text) => {
  writeFileSync(join(directory, name), text);
  expect((await reply({ RESPONDER: `./${name}` })).message?.content).toBe('You said: Why?');
});

test.each([
  [{ RESPONDER: './missing.mjs' }, /RESPONDER names a module that can't be loaded/],
  [{ RESPONDER: './empty.mjs' }, /whose default export is not a responder/],
  [
    {
      RESPONDER: 'openai',
      RESPONDER_URL: 'https://example.com',
      RESPONDER_MODEL: 'm',
      RESPONDER_SYSTEM_PROMPT: '@missing.txt',
    },
    /RESPONDER_SYSTEM_PROMPT names a file that can't be read/,
  ],
])('%j ends the start with the reason', async (environment, reason) => {
  writeFileSync(join(directory, 'empty.mjs'), 'export default {};');
  const server = startProcess(directory, environment);
  server.listening.catch(() => {});
  expect(await server.exited).toBe(1);
  expect(server.output()).toMatch(reason);
  expect(server.output()).not.toMatch(/^\s+at /m);
});
