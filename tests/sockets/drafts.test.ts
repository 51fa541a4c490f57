import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { ChatError } from '../../src/domain/errors';
import type { Answer, Stopped } from '../../src/domain/events';
import type { Message } from '../../src/domain/message';
import { ResponderFailure } from '../../src/responders/responder';
import type { ChatStore } from '../../src/stores/chatStore';
import { times } from '../../testkit/builders';
import { scriptedResponder } from '../responders/scriptedResponder';
import { api, type ClientSocket, connect, PASSWORD, record, signUp } from '../support/client';
import { join, leave, send, successOf } from '../support/socketCalls';
import { startTestServer, type TestServerOptions, testDatabases, testOfOneNode } from '../support/testServer';

function stop(socket: ClientSocket, { sessionId, messageId }: Message): Promise<Answer<Stopped>> {
  return new Promise((resolve) => socket.emit('stop-reply', { sessionId, replyTo: messageId }, resolve));
}

describe.each(testDatabases)('drafts on %s', (_name, makeDatabase) => {
  async function start(options: Pick<TestServerOptions, 'wrapStore' | 'config'> = {}) {
    const script = scriptedResponder();
    const parts = { responder: script.responder, waits: { replyRetryMs: 20 } };
    const server = await startTestServer({ database: makeDatabase(), parts, ...options });
    const { token } = await signUp(server);
    const device = async () => {
      const socket = await connect(server, token);
      return { socket, deltas: record(socket, 'reply'), heard: record(socket, 'message') };
    };
    return {
      ...script,
      server,
      token,
      rest: api(server, token),
      device,
      phone: await device(),
      sessionId: randomUUID(),
    };
  }

  testOfOneNode(
    'are streamed to all devices of the session, from the first text to the message',
    async () => {
      const { request, phone, device, sessionId } = await start();
      const laptop = await device();
      await join(laptop.socket, sessionId);
      const { messageId: replyTo } = await send(phone.socket, sessionId, 'Why?');
      const reply = await request(0);
      const asking = { sessionId, replyTo, variant: 1, attempt: 1, at: 0, text: '', state: 'asking' };
      for (const { deltas } of [phone, laptop]) expect(await deltas.atLeast(1)).toEqual([asking]);
      reply.send({ thinking: true });
      await phone.deltas.atLeast(2);
      reply.send('Beca');
      await Promise.all([phone.deltas.atLeast(3), laptop.deltas.atLeast(3)]);
      reply.send('use');
      await Promise.all([phone.deltas.atLeast(4), laptop.deltas.atLeast(4)]);
      reply.finish();
      for (const { deltas, heard } of [phone, laptop]) {
        const message = (await heard.until((seen) => seen.some(({ sender }) => sender === 'server'))).at(-1);
        expect(message).toMatchObject({ seq: 2, content: 'Because', replyTo });
        expect(deltas.seen.map(({ at, text, state }) => [at, text, state])).toEqual([
          [0, '', 'asking'],
          [0, '', 'thinking'],
          [0, 'Beca', 'writing'],
          [4, 'use', 'writing'],
        ]);
      }
    },
  );

  test('begin with the first text at once, also if the reply ends before the next piece is due', async () => {
    const { request, phone, sessionId } = await start();
    await send(phone.socket, sessionId, 'Why?');
    const reply = await request(0);
    await phone.deltas.atLeast(1);
    reply.send('Because');
    reply.finish();
    await phone.heard.atLeast(1);
    expect(phone.deltas.seen.map(({ text }) => text)).toEqual(['', 'Because']);
  });

  test('are in the ack of a device that joins, and go on from there', async () => {
    const { request, phone, device, sessionId, rest } = await start();
    const { messageId: replyTo } = await send(phone.socket, sessionId, 'Why?');
    const reply = await request(0);
    reply.send('Beca');
    await phone.deltas.until((seen) => seen.some(({ text }) => text === 'Beca'));
    const draft = { replyTo, variant: 1, attempt: 1, text: 'Beca', state: 'writing' };
    const laptop = await device();
    expect((await join(laptop.socket, sessionId)).drafts).toEqual([draft]);
    expect((await join(laptop.socket, { sessionId, after: 1 })).drafts).toEqual([draft]);
    expect((await rest.get(`/api/sessions/${sessionId}/drafts`).expect(200)).body).toEqual({
      drafts: [draft],
    });
    reply.send('use');
    expect(await laptop.deltas.atLeast(1)).toMatchObject([{ at: 4, text: 'use' }]);
    await leave(laptop.socket, sessionId);
    reply.send('.');
    await phone.deltas.until((seen) => seen.at(-1)?.text === '.');
    expect(laptop.deltas.seen).toHaveLength(1);
    reply.finish();
    await phone.heard.atLeast(1);
    expect(await join(laptop.socket, sessionId)).not.toHaveProperty('drafts');
    expect((await rest.get(`/api/sessions/${sessionId}/drafts`).expect(200)).body).toEqual({ drafts: [] });
  });

  test('begin anew with each attempt', async () => {
    const { request, phone, sessionId } = await start();
    await send(phone.socket, sessionId, 'Why?');
    (await request(0)).fail();
    (await request(1)).send('Because');
    const seen = await phone.deltas.until((all) => all.at(-1)?.text === 'Because');
    expect(seen.at(-1)).toMatchObject({ attempt: 2, at: 0 });
  });

  test('belong to their user', async () => {
    const { request, phone, server, sessionId } = await start();
    const message = await send(phone.socket, sessionId, 'Why?');
    (await request(0)).send('Because');
    const stranger = await signUp(server);
    const rest = api(server, stranger.token);
    await rest.get(`/api/sessions/${sessionId}/drafts`).expect(404);
    await rest.delete(`/api/sessions/${sessionId}/messages/${message.messageId}/reply`).expect(404);
    expect(await stop(await connect(server, stranger.token), message)).toMatchObject({
      error: { code: 'NOT_FOUND' },
    });
  });

  describe('a stop', () => {
    test('in mid-text ends the request and keeps the text, on all devices', async () => {
      const { request, phone, device, sessionId } = await start();
      const laptop = await device();
      await join(laptop.socket, sessionId);
      const message = await send(phone.socket, sessionId, 'Why?');
      const reply = await request(0);
      reply.send('Beca');
      await laptop.deltas.until((seen) => seen.at(-1)?.text === 'Beca');
      const { message: stopped } = successOf(await stop(laptop.socket, message));
      expect(stopped).toMatchObject({ seq: 2, content: 'Beca', finish: 'stopped', model: 'scripted' });
      expect(reply.signal.aborted).toBe(true);
      expect(await phone.heard.atLeast(1)).toEqual([stopped]);
      expect(await laptop.heard.atLeast(2)).toEqual([message, stopped]);
      expect(successOf(await stop(phone.socket, message)).message).toEqual(stopped);
    });

    test('before the first text stores an empty reply', async () => {
      const { request, requests, phone, sessionId } = await start();
      const message = await send(phone.socket, sessionId, 'Why?');
      await request(0);
      const [first, second] = await Promise.all([stop(phone.socket, message), stop(phone.socket, message)]);
      expect(successOf(first).message).toMatchObject({ content: '', finish: 'stopped' });
      expect(second).toEqual(first);
      expect(requests).toHaveLength(1);
    });

    test('while the reply waits for another attempt', async () => {
      const { request, phone, sessionId } = await start();
      const message = await send(phone.socket, sessionId, 'Why?');
      (await request(0)).fail(new ResponderFailure('limited', 'scripted', 60_000));
      await phone.deltas.until((seen) => seen.at(-1)?.state === 'waiting');
      expect(successOf(await stop(phone.socket, message)).message).toMatchObject({
        content: '',
        finish: 'stopped',
      });
    });

    test('of a reply that has not begun does not ask for it, and does not wait for its turn', async () => {
      const { request, requests, phone, sessionId } = await start();
      const messages = await Promise.all(times(22, (index) => send(phone.socket, sessionId, `${index}`)));
      const running = await request(0);
      for (const message of messages.slice(1)) {
        expect(successOf(await stop(phone.socket, message)).message).toMatchObject({
          content: '',
          finish: 'stopped',
          replyTo: message.messageId,
        });
      }
      running.send('Because');
      running.finish();
      await phone.heard.atLeast(22);
      const last = await send(phone.socket, sessionId, 'last');
      expect((await request(1)).prompt.replyTo).toBe(last.messageId);
      expect(requests).toHaveLength(2);
    });

    test('that comes too late returns the reply, also over REST', async () => {
      const { request, phone, sessionId, rest } = await start();
      const message = await send(phone.socket, sessionId, 'Why?');
      (await request(0)).send('Because', { finish: 'stop' });
      const [reply] = await phone.heard.atLeast(1);
      expect(successOf(await stop(phone.socket, message)).message).toEqual(reply);
      const path = `/api/sessions/${sessionId}/messages`;
      expect((await rest.delete(`${path}/${message.messageId}/reply`).expect(200)).body).toEqual({
        message: reply,
      });
      await rest.delete(`${path}/${reply?.messageId}/reply`).expect(404);
      await rest.delete(`${path}/${randomUUID()}/reply`).expect(404);
    });

    test('is kept while the database is away', async () => {
      let failures = 2;
      const wrapStore = (store: ChatStore): ChatStore => ({
        ...store,
        async appendReply(reply, onStored) {
          if (failures-- > 0) throw new ChatError('UNAVAILABLE');
          return store.appendReply(reply, onStored);
        },
      });
      const { request, requests, phone, sessionId } = await start({ wrapStore });
      const message = await send(phone.socket, sessionId, 'Why?');
      (await request(0)).send('Beca');
      await phone.deltas.until((seen) => seen.at(-1)?.text === 'Beca');
      expect(successOf(await stop(phone.socket, message)).message).toMatchObject({ content: 'Beca' });
      expect(requests).toHaveLength(1);
    });
  });

  test('nothing but a stop ends a reply: not leaving or disconnecting', async () => {
    const { request, phone, device, sessionId } = await start();
    const laptop = await device();
    await send(phone.socket, sessionId, 'Why?');
    const reply = await request(0);
    reply.send('Beca');
    await leave(phone.socket, sessionId);
    phone.socket.disconnect();
    laptop.socket.disconnect();
    expect(reply.signal.aborted).toBe(false);
    reply.send('use');
    reply.finish();
    const again = await device();
    const { messages = [] } = await join(again.socket, { sessionId, after: 1 });
    if (messages.length === 0) await again.heard.atLeast(1);
    expect([...messages, ...again.heard.seen][0]).toMatchObject({ content: 'Because' });
  });

  test('of a deleted session or account are aborted', async () => {
    const { request, phone, sessionId, rest } = await start();
    await send(phone.socket, sessionId, 'Why?');
    await send(phone.socket, sessionId, 'And?');
    const first = await request(0);
    await rest.delete(`/api/sessions/${sessionId}`).expect(204);
    if (!first.signal.aborted) await once(first.signal, 'abort');
    const other = randomUUID();
    await send(phone.socket, other, 'Why?');
    const second = await request(1);
    expect(second.prompt.sessionId).toBe(other);
    await rest.delete('/api/auth/me', { password: PASSWORD }).expect(204);
    if (!second.signal.aborted) await once(second.signal, 'abort');
  });

  test('reach a slow device in fewer pieces, without a gap, and cost no memory', async () => {
    const { request, phone, device, sessionId } = await start();
    const slow = await device();
    await join(slow.socket, sessionId);
    await send(phone.socket, sessionId, 'Why?');
    const reply = await request(0);
    for (const piece of times(40, (index) => `${index} `.padEnd(1_200, '.'))) {
      reply.send(piece);
      await new Promise(setImmediate);
    }
    reply.finish();
    for (const { deltas, heard } of [phone, slow]) {
      const message = (await heard.until((seen) => seen.some(({ sender }) => sender === 'server'))).at(-1);
      let text = '';
      for (const delta of deltas.seen) {
        expect(delta.at).toBe(text.length);
        text += delta.text;
      }
      expect(message?.content.startsWith(text)).toBe(true);
    }
  });
});
