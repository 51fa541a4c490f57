import { randomUUID } from 'node:crypto';
import type { UIMessage, UIMessageChunk } from 'ai';
import { SmartChatTransport } from '../../examples/ai-sdk/src/smartChatTransport';
import { ResponderFailure } from '../../src/responders/responder';
import { scriptedResponder } from '../responders/scriptedResponder';
import { startTestServer } from '../support/testServer';
import { contentsOf, newAccount, newClient, wholeHistory } from './support';

async function start() {
  const script = scriptedResponder();
  const server = await startTestServer({
    parts: { responder: script.responder, waits: { replyRetryMs: 20 } },
  });
  const client = newClient({ url: server.url });
  await client.signUp(newAccount());
  const { id: chatId } = await client.sessions.create();
  return { ...script, server, client, chatId, transport: new SmartChatTransport(client) };
}

const userMessage = (text: string, id: string = randomUUID()): UIMessage => ({
  id,
  role: 'user',
  parts: [{ type: 'text', text }],
});

const submit = (chatId: string, messages: UIMessage[]) => ({
  trigger: 'submit-message' as const,
  chatId,
  messageId: undefined,
  messages,
  abortSignal: undefined,
});

async function chunksOf(stream: ReadableStream<UIMessageChunk> | null): Promise<UIMessageChunk[]> {
  const chunks: UIMessageChunk[] = [];
  for await (const chunk of stream ?? []) chunks.push(chunk);
  return chunks;
}

const textOf = (chunks: readonly UIMessageChunk[]) =>
  chunks.map((chunk) => (chunk.type === 'text-delta' ? chunk.delta : '')).join('');

test('a message of the AI SDK is stored once, and its reply is streamed', async () => {
  const { transport, request, client, chatId } = await start();
  const messages = [userMessage('Why?')];
  const chunks = chunksOf(await transport.sendMessages(submit(chatId, messages)));
  const reply = await request(0);
  reply.send('Bec');
  reply.send('ause');
  reply.finish();
  const received = await chunks;
  expect(textOf(received)).toBe('Because');
  expect(received.map(({ type }) => type).filter((type) => type !== 'text-delta')).toEqual([
    ...['start', 'text-start', 'text-end', 'finish'],
  ]);
  // The same message again, as after a lost response.
  expect(textOf(await chunksOf(await transport.sendMessages(submit(chatId, messages))))).toBe('Because');
  expect(contentsOf(await wholeHistory(client, chatId))).toEqual(['Why?', 'Because']);
});

test('an abort stops the reply, and what had arrived is stored', async () => {
  const { transport, request, client, chatId } = await start();
  const abort = new AbortController();
  const options = { ...submit(chatId, [userMessage('Why?')]), abortSignal: abort.signal };
  const reader = (await transport.sendMessages(options)).getReader();
  (await request(0)).send('Beca');
  for (let type = ''; type !== 'text-delta'; ) type = (await reader.read()).value?.type ?? 'text-delta';
  abort.abort();
  for (let isDone = false; !isDone; ) isDone = (await reader.read()).done;
  expect(await wholeHistory(client, chatId)).toMatchObject([{}, { content: 'Beca', finish: 'stopped' }]);
});

test('a reply can be regenerated, and a message edited, also one that was loaded', async () => {
  const { transport, request, client, chatId } = await start();
  const asked = userMessage('Why?');
  const first = chunksOf(await transport.sendMessages(submit(chatId, [asked])));
  (await request(0)).send('Because');
  (await request(0)).finish();
  await first;
  const another = new SmartChatTransport(client);
  const loaded = await another.load(chatId);
  expect(loaded.map(({ role, parts }) => [role, parts])).toEqual([
    ['user', [{ type: 'text', text: 'Why?' }]],
    ['assistant', [{ type: 'text', text: 'Because' }]],
  ]);
  for (const [index, text] of ['No reason', 'Who knows'].entries()) {
    const options = { ...submit(chatId, loaded.slice(0, 1)), messageId: loaded[1]?.id };
    const regenerated = chunksOf(await another.sendMessages({ ...options, trigger: 'regenerate-message' }));
    (await request(index + 1)).send(text);
    (await request(index + 1)).finish();
    expect(textOf(await regenerated)).toBe(text);
  }
  const edited = chunksOf(
    await another.sendMessages({
      ...submit(chatId, [userMessage('Why not?', asked.id)]),
      messageId: asked.id,
    }),
  );
  (await request(3)).send('Well');
  (await request(3)).finish();
  expect(textOf(await edited)).toBe('Well');
  const stored = await wholeHistory(client, chatId);
  expect(stored.at(-2)).toMatchObject({ content: 'Why not?', replaces: stored[0]?.messageId });
});

test('a stream is taken up again while the reply is made, and not after it', async () => {
  const { transport, request, chatId } = await start();
  expect(await transport.reconnectToStream({ chatId })).toBeNull();
  const first = await transport.sendMessages(submit(chatId, [userMessage('Why?')]));
  (await request(0)).send('Bec');
  await first.cancel();
  const again = chunksOf(await transport.reconnectToStream({ chatId }));
  (await request(0)).send('ause');
  (await request(0)).finish();
  expect(textOf(await again)).toBe('Because');
  expect(await transport.reconnectToStream({ chatId })).toBeNull();
});

test('a reply that fails is an error', async () => {
  const { transport, request, chatId } = await start();
  const failed = chunksOf(await transport.sendMessages(submit(chatId, [userMessage('Why?')])));
  (await request(0)).fail(new ResponderFailure('permanent', 'scripted'));
  const types = (await failed).map(({ type }) => type);
  expect(types.at(-1)).toBe('error');
  expect(types).not.toContain('finish');
});
