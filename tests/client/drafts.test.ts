import { randomUUID } from 'node:crypto';
import type { ChatClient, Draft, Message } from '../../client/src';
import { TcpProxy } from '../../testkit/tcpProxy';
import { Changes } from '../../testkit/waiting';
import { scriptedResponder } from '../responders/scriptedResponder';
import { startTestServer } from '../support/testServer';
import { newAccount, newClient, next, online } from './support';

async function start() {
  const script = scriptedResponder();
  const server = await startTestServer({
    parts: { responder: script.responder, waits: { replyRetryMs: 20 } },
  });
  const account = newAccount();
  const writer = newClient({ url: server.url });
  await writer.signUp(account);
  const { id } = await writer.sessions.create({ id: randomUUID() });
  return { ...script, server, account, writer, id };
}

/** Subscribes, and records the texts of drafts and the messages. */
function watch(client: ChatClient, id: string) {
  const drafts: Draft[] = [];
  const messages: Message[] = [];
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
  return {
    drafts,
    messages,
    text: (text: string) => changes.until(() => drafts.at(-1)?.text === text),
    replies: (count: number) =>
      changes.until(() => messages.filter(({ sender }) => sender === 'server').length >= count),
  };
}

test('a subscription that is closed while it joins delivers no draft', async () => {
  const { request, server, account, writer, id } = await start();
  const proxy = await TcpProxy.to(server.url);
  await proxy.accept();
  const reader = newClient({ url: `http://${proxy.host}` });
  await reader.logIn(account);
  await Promise.all([online(writer), online(reader)]);
  await writer.send(id, 'Why?');
  (await request(0)).send('Beca');
  const held: (() => void)[] = [];
  const isAnswered = new Promise<void>((resolve) => {
    proxy.interference.toClient = (data, link) => {
      if (!data.includes('"drafts":')) return void link.client.write(data);
      held.push(() => link.client.write(data));
      resolve();
    };
  });
  const drafts: Draft[] = [];
  const subscription = reader.subscribe(id, {
    after: 0,
    onDraft: (draft) => drafts.push(draft),
    onMessage() {},
  });
  await isAnswered;
  subscription.close();
  delete proxy.interference.toClient;
  for (const release of held) release();
  await reader.send(randomUUID(), 'marker');
  expect(drafts).toEqual([]);
  proxy.refuse();
});

test('a subscription delivers the whole text of a draft each time, and then the message', async () => {
  const { request, writer, id } = await start();
  await online(writer);
  const seen = watch(writer, id);
  const { messageId: replyTo } = await writer.send(id, 'Why?');
  const reply = await request(0);
  reply.send('Beca');
  await seen.text('Beca');
  reply.send('use');
  await seen.text('Because');
  reply.finish();
  await seen.replies(1);
  expect(seen.drafts.at(-1)).toEqual({ replyTo, variant: 1, attempt: 1, text: 'Because', state: 'writing' });
  expect(seen.messages.map(({ content }) => content)).toEqual(['Why?', 'Because']);
});

test('a device that loses its connection, or comes later, gets the text so far and goes on', async () => {
  const { request, server, account, writer, id } = await start();
  const proxy = await TcpProxy.to(server.url);
  const reader = newClient({ url: `http://${proxy.host}` });
  await reader.logIn(account);
  await online(reader);
  const seen = watch(reader, id);
  await writer.send(id, 'Why?');
  const reply = await request(0);
  reply.send('Be');
  await seen.text('Be');
  const back = next(reader, 'connection', (state) => state === 'online');
  proxy.cutAll();
  reply.send('cause');
  await back;
  await seen.text('Because');
  reply.send('.');
  await seen.text('Because.');
  const late = newClient({ url: server.url });
  await late.logIn(account);
  const alsoSeen = watch(late, id);
  await alsoSeen.text('Because.');
  reply.finish();
  await Promise.all([seen.replies(1), alsoSeen.replies(1)]);
  proxy.refuse();
});

test('stopReply stops a reply, and returns it again when it is repeated', async () => {
  const { request, requests, writer, id } = await start();
  const seen = watch(writer, id);
  const { messageId } = await writer.send(id, 'Why?');
  (await request(0)).send('Beca');
  await seen.text('Beca');
  const stopped = await writer.stopReply(id, messageId);
  expect(stopped).toMatchObject({ content: 'Beca', finish: 'stopped' });
  expect(await writer.stopReply(id, messageId)).toEqual(stopped);
  await seen.replies(1);
  expect(requests).toHaveLength(1);
  await expect(writer.stopReply(id, randomUUID())).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
