import { randomUUID } from 'node:crypto';
import { branchOf, type Draft, type Message } from '../../client/src';
import { ResponderFailure } from '../../src/responders/responder';
import { TcpProxy } from '../../testkit/tcpProxy';
import { Changes } from '../../testkit/waiting';
import { scriptedResponder } from '../responders/scriptedResponder';
import { startTestServer } from '../support/testServer';
import { newAccount, newClient, online } from './support';

async function start() {
  const script = scriptedResponder();
  const server = await startTestServer({ parts: { responder: script.responder } });
  const proxy = await TcpProxy.to(server.url);
  const client = newClient({ url: `http://${proxy.host}` });
  await client.signUp(newAccount());
  const { id } = await client.sessions.create({ id: randomUUID() });
  await online(client);
  const messages: Message[] = [];
  const drafts: Draft[] = [];
  const changes = new Changes();
  client.subscribe(id, {
    after: 0,
    onDraft(draft) {
      drafts.push(draft);
      changes.notify();
    },
    onMessage(message) {
      messages.push(message);
      changes.notify();
    },
  });
  const answer = async (index: number, text: string) => {
    (await script.request(index)).send(text, { finish: 'stop' });
    await changes.until(() => messages.at(-1)?.content === text);
  };
  return { ...script, proxy, client, id, messages, drafts, changes, answer };
}

/** The texts of a conversation, as a page would show it. */
function shown(messages: readonly Message[]): (string | undefined)[] {
  return branchOf(messages).flatMap(({ message, replies }) => [message.content, replies.at(-1)?.content]);
}

test('an edited message replaces the one before and what followed it, and both stay in the history', async () => {
  const { client, id, messages, answer } = await start();
  const { messageId } = await client.send(id, 'one');
  await answer(0, '1');
  await client.send(id, 'two');
  await answer(1, '2');
  const edited = await client.edit(id, messageId.toUpperCase(), 'uno');
  expect(edited).toMatchObject({ content: 'uno', replaces: messageId, seq: 5 });
  await answer(2, '1b');
  expect(shown(messages)).toEqual(['uno', '1b']);
  expect(messages).toHaveLength(6);
});

test('an edit made offline is sent once the server is reachable', async () => {
  const { client, id, proxy, messages, answer } = await start();
  const { messageId } = await client.send(id, 'one');
  await answer(0, '1');
  proxy.refuse();
  const edit = client.edit(id, messageId, 'uno');
  expect(client.outbox).toMatchObject([{ content: 'uno', replaces: messageId }]);
  await proxy.accept();
  expect(await edit).toMatchObject({ replaces: messageId });
  await answer(1, '1b');
  expect(shown(messages)).toEqual(['uno', '1b']);
});

test('a reply is regenerated, by default with the number after the newest one known, also if that one has failed', async () => {
  const { client, id, request, messages, drafts, changes, answer } = await start();
  const { messageId } = await client.send(id, 'one');
  await answer(0, '1');
  expect(await client.regenerate(id, messageId)).toBe(2);
  (await request(1)).fail(new ResponderFailure('permanent', 'scripted'));
  await changes.until(() => drafts.at(-1)?.state === 'failed');
  expect(drafts.at(-1)).toMatchObject({ replyTo: messageId, variant: 2 });
  expect(await client.regenerate(id, messageId)).toBe(3);
  await answer(2, '1c');
  expect(messages.at(-1)).toMatchObject({ replyTo: messageId, variant: 3 });
  expect(shown(messages)).toEqual(['one', '1c']);
  expect(await client.regenerate(id, messageId, 3)).toBe(3);
  await expect(client.regenerate(id, messageId, 2)).rejects.toMatchObject({ code: 'CONFLICT' });
});
