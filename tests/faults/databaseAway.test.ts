import { randomUUID } from 'node:crypto';
import type { Message } from '../../src/domain/message';
import type { Account, ClientSocket } from '../../testkit/account';
import { times } from '../../testkit/builders';
import { pollUntil } from '../../testkit/waiting';
import { signUpDocumented } from '../support/documents/account';
import { documentedFetch } from '../support/documents/fetch';
import { measuresTimes } from '../support/measuredTimes';
import { askAnything } from '../support/socketCalls';
import { startTestServer, type TestServer } from '../support/testServer';
import { type AwayDatabase, awayDatabases } from './awayDatabase';

measuresTimes();

const ANSWER_LIMIT_MS = 3_000;
const SENDS = 50;

type Send = (message: { content: string; clientMessageId: string }) => Promise<unknown>;

describe.each(awayDatabases)('guarantee 12: database away, on %s', (name, makeDatabase) => {
  let database: AwayDatabase;
  let server: TestServer;
  let account: Account;
  let socket: ClientSocket;
  const sessionId = randomUUID();
  const messagesPath = `/api/sessions/${sessionId}/messages`;

  beforeEach(async () => {
    database = await makeDatabase();
    server = await startTestServer({ database: database.config });
    account = await signUpDocumented(server.url);
    socket = account.socket();
    await new Promise<void>((resolve) => socket.once('connect', resolve));
  });
  afterEach(async () => {
    await database.giveBack();
    socket.disconnect();
    await server.close();
    await database.end();
  });

  /** Resolves with null if the message is taken, else with the code of the error. */
  const overSocket: Send = async (message) => {
    const answer = await askAnything(socket, 'message', { sessionId, ...message });
    return answer.ok ? null : answer.error.code;
  };
  const overRest: Send = async (message) => {
    const response = await account.request(messagesPath, message);
    if (response.status < 300) return null;
    const { code } = JSON.parse(await response.text());
    return `${response.status} ${code}`;
  };

  async function answerTo(send: Send, content: string): Promise<unknown> {
    const started = performance.now();
    const answer = await send({ content, clientMessageId: content });
    expect(performance.now() - started).toBeLessThan(ANSWER_LIMIT_MS);
    return answer;
  }

  async function untilTaken(send: Send, content: string): Promise<void> {
    await pollUntil(
      () => answerTo(send, content),
      (answer) => answer === null,
    );
  }

  test('a client that connects meanwhile gets in by itself', async () => {
    database.takeAway();
    const late = account.socket();
    const connected = new Promise<void>((resolve) => late.once('connect', resolve));
    // SQLite that is locked can be read, so that it lets clients in all the time.
    await Promise.race([connected, new Promise<void>((resolve) => late.io.once('close', () => resolve()))]);
    await database.giveBack();
    await connected;
    late.disconnect();
  });

  test('sends are refused in time, however many; then all is taken, once, without a restart', async () => {
    const contents = times(SENDS, (index) => `message ${index}`);
    const sendAll = () =>
      Promise.all([
        ...contents.map((content) => answerTo(overSocket, content)),
        answerTo(overRest, 'over REST'),
      ]);
    const refused = [...times(SENDS, () => 'UNAVAILABLE'), '503 UNAVAILABLE'];
    const connectionId = socket.id;
    database.takeAway();
    // Twice: before the server has noticed, and after.
    expect(await sendAll()).toEqual(refused);
    const [again, live, ready] = await Promise.all([
      sendAll(),
      documentedFetch(`${server.url}/healthz`),
      documentedFetch(`${server.url}/readyz`),
    ]);
    expect(again).toEqual(refused);
    expect(live.status).toBe(200);
    // To be ready is to read, which a lock doesn't keep anyone from.
    expect(ready.status).toBe(name === 'SQLite' ? 200 : 503);

    await database.giveBack();
    await Promise.all([
      ...contents.map((content) => untilTaken(overSocket, content)),
      untilTaken(overRest, 'over REST'),
    ]);
    expect((await documentedFetch(`${server.url}/readyz`)).status).toBe(200);
    expect(socket.id).toBe(connectionId);
    const history = await account.history(sessionId);
    expect(questionsIn(history).toSorted()).toEqual([...contents, 'over REST'].toSorted());
    expect(history.map(({ seq }) => seq)).toEqual(times(2 * SENDS + 2, (index) => index + 1));
  }, 40_000);
});

function questionsIn(history: readonly Message[]): string[] {
  return history.flatMap(({ sender, content }) => (sender === 'user' ? content : []));
}
