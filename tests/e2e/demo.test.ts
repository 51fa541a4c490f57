import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { createDemoResponder } from '../../src/demo';
import { endProcesses, fromSource, startProcess } from '../../testkit/serverProcess';
import { ask, newPrompt } from '../responders/prompts';
import { connect, record, signUp } from '../support/client';
import { send } from '../support/socketCalls';
import { newTestFolder } from '../support/testServer';

afterEach(endProcesses);

test('npm run demo streams a scripted reply, without any setting', async () => {
  const program = fromSource(resolve(__dirname, '../../scripts/demo.ts'));
  const demo = startProcess(newTestFolder(), {}, program);
  const at = { url: await demo.listening };
  expect(await (await fetch(at.url)).text()).toContain('<title>Smart Chat</title>');
  const socket = await connect(at, (await signUp(at)).token);
  const deltas = record(socket, 'reply');
  const { sessionId, messageId } = await send(socket, randomUUID(), 'Hi');
  await deltas.until((seen) => seen.filter(({ state }) => state === 'writing').length >= 3);
  // Otherwise the demo would wait for the rest of the reply.
  await new Promise((resolve) => socket.emit('stop-reply', { sessionId, replyTo: messageId }, resolve));
  demo.child.kill('SIGTERM');
  demo.child.kill('SIGINT');
  expect(await demo.exited).toBe(0);
});

test.each([
  ['Hi', /^Hello!/, null],
  ['show me Markdown', /^# [\s\S]+\n\| [\s\S]+\n```python\n/, null],
  ['a long one', /\n40\. .*\.$/, null],
  ['please fail', /in the middle of a$/, 'passing'],
])('the scripted responder answers %j', async (content, text, failure) => {
  const asked = await ask(createDemoResponder(0), newPrompt(content));
  expect(asked.text).toMatch(text);
  expect(asked.failure?.kind ?? null).toBe(failure);
});

test('the scripted responder repeats what is said later', async () => {
  const history = [{ role: 'user' as const, content: 'Hi' }];
  expect((await ask(createDemoResponder(0), newPrompt('What now?', history))).text).toContain(
    'You said:\n\n> What now?',
  );
});
