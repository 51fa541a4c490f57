import { randomUUID } from 'node:crypto';
import { times } from '../../testkit/builders';
import { connect, record, signUp } from '../support/client';
import { connectRaw, type RawConnection } from '../support/rawConnection';
import { join } from '../support/socketCalls';
import { startTestServer, type TestServer } from '../support/testServer';

/** Far more than the server begins at once of what one socket sends. */
const MESSAGES = 100;

describe('a client that leaves by itself', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });

  test.each<[string, (raw: RawConnection) => void]>([
    ['disconnects its socket', (raw) => raw.send('41')],
    ['closes its connection', (raw) => raw.close()],
    ['loses its connection', (raw) => raw.cut()],
  ])('and %s right after its messages has all of them stored', async (_how, leave) => {
    const { token } = await signUp(server);
    const [raw, listener] = await Promise.all([connectRaw(server, token), connect(server, token)]);
    const sessionId = randomUUID();
    await join(listener, sessionId);
    const heard = record(listener, 'message');
    const contents = times(MESSAGES, String);
    raw.send(...contents.map((content) => `42${JSON.stringify(['message', { sessionId, content }])}`));
    leave(raw);
    await raw.closed;
    const stored = await heard.atLeast(2 * MESSAGES);
    expect(stored.flatMap(({ sender, content }) => (sender === 'user' ? content : []))).toEqual(contents);
  });
});
