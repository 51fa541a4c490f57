import { randomUUID } from 'node:crypto';
import type { Message } from '../../src/domain/message';
import { api, connect, record, signUp } from '../support/client';
import { ask, failureIn, join, send } from '../support/socketCalls';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';

const told = (messages: Message[]) =>
  messages.map(({ seq, sender, content }) => `${seq} ${sender}: ${content}`);

describe.each(testDatabases)(
  'guarantee 6: every device, and who hears a message, on %s',
  (_name, makeDatabase) => {
    let server: TestServer;

    beforeAll(async () => {
      server = await startTestServer({ database: makeDatabase() });
    });

    async function userWithDevices() {
      const { token } = await signUp(server);
      const [phone, laptop] = await Promise.all([connect(server, token), connect(server, token)]);
      return { token, phone, laptop, sessionId: randomUUID() };
    }

    test('the sender the reply alone, the other device the message and then the reply', async () => {
      const { phone, laptop, sessionId } = await userWithDevices();
      await join(laptop, sessionId);
      const [atPhone, atLaptop] = [record(phone, 'message'), record(laptop, 'message')];
      const message = await send(phone, sessionId, 'Hello');
      const [heard, reply] = await atLaptop.atLeast(2);
      expect(heard).toEqual(message);
      expect(reply).toMatchObject({ seq: 2, sender: 'server', replyTo: message.messageId });
      expect(await atPhone.atLeast(1)).toEqual([reply]);
      await send(laptop, sessionId, 'Hi');
      expect(told(await atPhone.atLeast(3))).toEqual(['2 server: Hello', '3 user: Hi', '4 server: Hi']);
      expect(told(await atLaptop.atLeast(3))).toEqual(['1 user: Hello', '2 server: Hello', '4 server: Hi']);
    });

    test('a device that hasn’t joined hears nothing until it sends', async () => {
      const { phone, laptop, sessionId } = await userWithDevices();
      const atLaptop = record(laptop, 'message');
      await send(phone, sessionId, 'unheard');
      await send(laptop, sessionId, 'joins');
      await send(phone, sessionId, 'heard');
      const expected = ['4 server: joins', '5 user: heard', '6 server: heard'];
      expect(told(await atLaptop.atLeast(3))).toEqual(expected);
    });

    test('another user nothing, whatever they try', async () => {
      const owner = await userWithDevices();
      const stranger = await userWithDevices();
      const heard = record(stranger.phone, 'message');
      await send(owner.phone, owner.sessionId, 'secret');
      const attempt = await ask(stranger.phone, { sessionId: owner.sessionId, content: 'let me in' });
      expect(failureIn(attempt).code).toBe('NOT_FOUND');
      await send(owner.phone, owner.sessionId, 'secret');
      await send(stranger.phone, stranger.sessionId, 'marker');
      expect(told(await heard.atLeast(1))).toEqual(['2 server: marker']);
      const { body } = await api(server, owner.token).get(`/api/sessions/${owner.sessionId}`).expect(200);
      expect(body.lastSeq).toBe(4);
    });

    test('all joined devices, if it was sent over REST', async () => {
      const { token, phone, laptop, sessionId } = await userWithDevices();
      await Promise.all([join(phone, sessionId), join(laptop, sessionId)]);
      const recordings = [record(phone, 'message'), record(laptop, 'message')];
      const path = `/api/sessions/${sessionId}/messages`;
      const { body } = await api(server, token).post(path, { content: 'Hello' }).expect(201);
      for (const heard of recordings) expect(await heard.atLeast(2)).toEqual([body.message, body.reply]);
    });

    test('devices of one transport like those of the other', async () => {
      const { token, phone, sessionId } = await userWithDevices();
      const polling = await connect(server, token, { transports: ['polling'] });
      await join(polling, sessionId);
      const heard = record(polling, 'message');
      await send(phone, sessionId, 'Hello');
      await send(polling, sessionId, 'Hi');
      const expected = ['1 user: Hello', '2 server: Hello', '4 server: Hi'];
      expect(told(await heard.atLeast(3))).toEqual(expected);
    });
  },
);
