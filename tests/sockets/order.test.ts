import { randomUUID } from 'node:crypto';
import type { Message } from '../../src/domain/message';
import { times } from '../../testkit/builders';
import { api, type ClientSocket, connect, record, signUp } from '../support/client';
import { join, send } from '../support/socketCalls';
import { startTestServer, testDatabases } from '../support/testServer';

const DEVICES = 5;
const MESSAGES_EACH = 20;
const TOTAL = 2 * DEVICES * MESSAGES_EACH;
const ALL_SEQS = times(TOTAL, (index) => index + 1);

const seqsOf = (messages: Message[]) => messages.map(({ seq }) => seq);

describe.each(testDatabases)(
  'guarantee 3: live order, history order and seq order, on %s',
  (_name, makeDatabase) => {
    test('agree on every device, while five of them send at once through sockets and REST', async () => {
      const server = await startTestServer({ database: makeDatabase() });
      const { token } = await signUp(server);
      const rest = api(server, token);
      const sessionId = randomUUID();
      const listener = await connect(server, token);
      const devices = await Promise.all(times(DEVICES, () => connect(server, token)));
      await Promise.all([listener, ...devices].map((device) => join(device, sessionId)));
      const all = record(listener, 'message');
      const recordings = devices.map((device) => record(device, 'message'));

      const sendFrom = async (device: ClientSocket, content: string, overRest: boolean): Promise<number> => {
        if (!overRest) return (await send(device, sessionId, content)).seq;
        const { body } = await rest.post(`/api/sessions/${sessionId}/messages`, { content }).expect(201);
        return body.message.seq;
      };
      await Promise.all(
        devices.flatMap((device, name) =>
          times(MESSAGES_EACH, (index) => sendFrom(device, `${name}-${index}`, index % 4 === 3)),
        ),
      );

      const live = await all.atLeast(TOTAL);
      expect(seqsOf(live)).toEqual(ALL_SEQS);
      const { body: first } = await rest.get(`/api/sessions/${sessionId}/messages?after=0&limit=100`);
      const { body: second } = await rest.get(`/api/sessions/${sessionId}/messages?after=100&limit=100`);
      expect([...first.messages, ...second.messages]).toEqual(live);
      expect(second.hasMore).toBe(false);

      const users = live.filter(({ sender }) => sender === 'user');
      const replies = live.filter(({ sender }) => sender === 'server');
      expect(new Set(replies.map(({ replyTo }) => replyTo))).toEqual(
        new Set(users.map(({ messageId }) => messageId)),
      );
      expect(replies).toHaveLength(TOTAL / 2);

      for (const [name, recording] of recordings.entries()) {
        const isOwn = ({ sender, content }: Message) =>
          sender === 'user' && content.startsWith(`${name}-`) && Number(content.slice(2)) % 4 !== 3;
        expect(await recording.atLeast(TOTAL - 15)).toEqual(live.filter((message) => !isOwn(message)));
      }
    });

    test('agree with the order in which one device sends, without waiting', async () => {
      const server = await startTestServer({ database: makeDatabase() });
      const { token } = await signUp(server);
      const socket = await connect(server, token);
      const sessionId = randomUUID();
      const heard = record(socket, 'message');
      const contents = times(100, String);
      for (const content of contents) socket.emit('message', { sessionId, content });
      const echoes = await heard.atLeast(100);
      expect(echoes.map(({ content }) => content)).toEqual(contents);
      expect(seqsOf(echoes)).toEqual(times(100, (index) => 2 * index + 2));
    });
  },
);
