import { randomUUID } from 'node:crypto';
import type { Message } from '../../src/domain/message';
import { type Account, type ClientSocket, readJson } from '../../testkit/account';
import { times } from '../../testkit/builders';
import { Observer } from '../../testkit/observer';
import { TcpProxy } from '../../testkit/tcpProxy';
import { signUpDocumented } from '../support/documents/account';
import { startTestServer, testDatabases } from '../support/testServer';
import { type CutPosition, cutOnce, cutPositions } from './linkCutter';

const ROUNDS = 3;
const ACK_TIMEOUT_MS = 5_000;

interface Answered {
  message: Message;
  isDuplicate: boolean;
}
interface Sending {
  content: string;
  clientMessageId: string;
}
type Send = (message: Sending) => Promise<Answered>;

describe.each(testDatabases)(
  'guarantee 2: exactly once through a cut connection, on %s',
  (_name, makeDatabase) => {
    test.each(cutPositions)('%s', async (position) => {
      const server = await startTestServer({ database: makeDatabase() });
      const proxy = await TcpProxy.to(server.url);
      const account = await signUpDocumented(`http://${proxy.host}`);
      const sessionId = randomUUID();
      const device = new Observer(account, sessionId);
      const socket = account.socket();
      const sent: string[] = [];
      for (const send of times(ROUNDS, () => [
        overSocket(socket, sessionId),
        overRest(account, sessionId),
      ]).flat()) {
        sent.push(await sendThroughCut(proxy, position, send));
      }
      await device.untilComplete(2 * sent.length);
      expect(device.faults).toBe(0);
      const history = await account.history(sessionId);
      expect(history).toHaveLength(2 * sent.length);
      expect(history.map(({ seq }) => device.seen.get(seq))).toEqual(
        history.map(({ messageId }) => messageId),
      );
      expect(history.flatMap(({ clientMessageId }) => clientMessageId ?? [])).toEqual(sent);
      const questions = history.filter(({ sender }) => sender === 'user');
      const answered = history.flatMap(({ replyTo }) => replyTo ?? []);
      expect(answered).toEqual(questions.map(({ messageId }) => messageId));
      socket.disconnect();
      device.close();
      proxy.refuse();
      await server.close();
    });
  },
);

/** Sends a message, through a cut, until it is answered; returns its `clientMessageId`. */
async function sendThroughCut(proxy: TcpProxy, position: CutPosition, send: Send): Promise<string> {
  const clientMessageId = randomUUID();
  const message = { content: 'hello', clientMessageId };
  const cut = cutOnce(proxy, position, clientMessageId);
  const first = await send(message).catch(() => null);
  const withheld = await cut;
  if (position !== 'everyone’s connection, before the reply') expect(first).toBeNull();
  const repeated = await untilAnswered(() => send(message));
  expect(repeated.message).toMatchObject({ ...withheld, clientMessageId });
  const hadArrived = !position.includes('half of it') && !position.startsWith('before the server');
  expect(repeated.isDuplicate).toBe(hadArrived);
  return clientMessageId;
}

async function untilAnswered(attempt: () => Promise<Answered>): Promise<Answered> {
  for (;;) {
    const answered = await attempt().catch(() => null);
    if (answered) return answered;
  }
}

function overSocket(socket: ClientSocket, sessionId: string): Send {
  return async (message) => {
    const answer = await socket.timeout(ACK_TIMEOUT_MS).emitWithAck('message', { sessionId, ...message });
    if (!answer.ok) throw new Error(answer.error.code);
    return { message: answer.message, isDuplicate: answer.duplicate ?? false };
  };
}

function overRest(account: Account, sessionId: string): Send {
  return async (body) => {
    const response = await account.request(`/api/sessions/${sessionId}/messages`, body);
    if (!response.ok) throw new Error(`answered ${response.status}`);
    const { message } = await readJson<{ message: Message }>(response);
    return { message, isDuplicate: response.status === 200 };
  };
}
