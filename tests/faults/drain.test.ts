import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { deferred } from '../../testkit/waiting';
import { api, connect, record, signUp } from '../support/client';
import { HeldStore } from '../support/heldStore';
import { measuresTimes } from '../support/measuredTimes';
import { disconnection, send } from '../support/socketCalls';
import { startTestServer } from '../support/testServer';

// A stop waits 4 s at the most for what is under way.
measuresTimes();

/** A server that is told to stop while a message of one socket is being stored, for as long as the test likes. */
async function stopWithSendUnderWay() {
  const store = new HeldStore();
  const answer = deferred<string>();
  const server = await startTestServer({
    parts: { responder: { kind: 'deferred', respond: () => answer.promise } },
    wrapStore: store.wrap,
  });
  const { token } = await signUp(server);
  const socket = await connect(server, token);
  const heard = record(socket, 'message');
  const first = await send(socket, randomUUID(), 'stored before the stop');
  const append = store.hold('appendExchange', 'call');
  const sending = send(socket, randomUUID(), 'under way');
  await append.reached;
  return { server, token, socket, heard, first, answer, append, sending };
}

describe('guarantee 11: while a stop waits for what is under way', () => {
  test('a deferred reply that is ready is stored and heard', async () => {
    const { server, socket, heard, first, answer, append, sending } = await stopWithSendUnderWay();
    const ended = disconnection(socket);
    const closed = server.close();
    answer.resolve('in time');
    await Promise.race([heard.atLeast(1), ended]);
    expect(heard.seen).toMatchObject([{ seq: 2, content: 'in time', replyTo: first.messageId }]);
    append.release();
    await sending;
    await closed;
  });

  test('a refused request is the last one on its connection', async () => {
    const { server, token, answer, append, sending } = await stopWithSendUnderWay();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = async (): Promise<[status: number | undefined, connection: string | undefined]> => {
      const headers = { Authorization: `Bearer ${token}` };
      const [answer]: IncomingMessage[] = await once(
        get(`${server.url}/api/auth/me`, { agent, headers }),
        'response',
      );
      answer?.resume();
      return [answer?.statusCode, answer?.headers.connection];
    };
    expect(await ask()).toEqual([200, 'keep-alive']);
    const closed = server.close();
    expect(await ask()).toEqual([503, 'close']);
    await api(server, token).get('/api/sessions').expect(503);
    answer.resolve('in time');
    append.release();
    await sending;
    await closed;
  });
});
