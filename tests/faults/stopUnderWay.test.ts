import { randomUUID } from 'node:crypto';
import { RestartableServer, signalUntilExit } from '../../testkit/serverProcess';
import { signUpDocumented } from '../support/documents/account';
import { documentedFetch } from '../support/documents/fetch';
import { measuresTimes } from '../support/measuredTimes';
import { useProcessFolder } from '../support/processFolder';
import { askAnything } from '../support/socketCalls';
import { type AwayDatabase, awayDatabases } from './awayDatabase';
import { beginRequest, type KeptAliveAnswer, KeptAliveConnection } from './keptAlive';

measuresTimes();

const STOP_LIMIT_MS = 10_000;
/** Far less than any deadline or grace period of the server. */
const AT_ONCE_MS = 1_000;

const directory = useProcessFolder();

// Sends to a database that can't be reached fail instead of waiting for it.
const waitingDatabases = awayDatabases.filter(([name]) => name !== 'MongoDB, unreachable');

describe.each(waitingDatabases)('guarantee 11: a stop with sends under way, on %s', (_name, makeDatabase) => {
  let database: AwayDatabase;
  afterEach(() => database.end());

  /** A server whose database is away while a message is being sent both ways, and which has been told to stop. */
  async function stopWithSendsUnderWay() {
    database = await makeDatabase();
    const server = await RestartableServer.create(directory, { DATABASE_URL: database.url });
    await server.start();
    const account = await signUpDocumented(server.url);
    const socket = account.socket();
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    const connection = new KeptAliveConnection(server.url, account.login.token);
    const path = `/api/sessions/${randomUUID()}/messages`;
    expect(await connection.ask('POST', path, { content: 'before' })).toMatchObject({ status: 201 });
    const request = await beginRequest(server.url, path, account.login.token, { content: 'over REST' });

    database.takeAway();
    const overRest = request.finish();
    const overSocket = askAnything(socket, 'message', { sessionId: randomUUID(), content: 'over a socket' });
    // Events are taken in their order: when the second is refused, the first is under way.
    expect(await askAnything(socket, 'message', null)).toMatchObject({ ok: false });
    const exited = server.end('SIGTERM');
    expect(await draining(connection)).toEqual({ status: 503, code: 'UNAVAILABLE', isReused: true });
    return { server, account, socket, connection, path, overRest, overSocket, exited };
  }

  test('nothing new is taken, and what is under way is acknowledged before the exit', async () => {
    const { server, account, socket, connection, path, overRest, overSocket, exited } =
      await stopWithSendsUnderWay();
    const refused = await connection.ask('POST', path, { content: 'too late' });
    expect(refused).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
    expect((await documentedFetch(`${server.url}/readyz`)).status).toBe(503);
    expect((await documentedFetch(`${server.url}/healthz`)).status).toBe(200);
    const late = await askAnything(socket, 'message', { sessionId: randomUUID(), content: 'too late' });
    expect(late).toMatchObject({ ok: false, error: { code: 'UNAVAILABLE' } });

    const lostBy = new Promise((resolve) => socket.once('disconnect', resolve));
    await database.giveBack();
    expect(await overRest).toBe(201);
    expect(await overSocket).toMatchObject({ ok: true });
    expect(await lostBy).toMatch(/^transport (close|error)$/);
    expect(socket.active).toBe(true);
    socket.disconnect();
    expect(await exited).toBe(0);

    await server.start();
    const history = await account.history(path.split('/')[3] ?? '');
    const contents = history.flatMap(({ sender, content }) => (sender === 'user' ? content : []));
    expect(contents).toEqual(['before', 'over REST']);
    await server.end('SIGTERM');
  });

  test('a database that stays away holds nothing up for longer than 10 s', async () => {
    const { socket, overRest, overSocket, exited } = await stopWithSendsUnderWay();
    const started = performance.now();
    expect(await overRest).toBe(503);
    expect(await overSocket).toMatchObject({ ok: false, error: { code: 'UNAVAILABLE' } });
    socket.disconnect();
    expect(await exited).toBe(0);
    expect(performance.now() - started).toBeLessThan(STOP_LIMIT_MS);
  });

  test('a second signal ends the process at once', async () => {
    const { server, socket, overRest, exited } = await stopWithSendsUnderWay();
    overRest.catch(() => {});
    const started = performance.now();
    signalUntilExit(() => void server.end('SIGTERM'), exited);
    socket.disconnect();
    expect(await exited).not.toBe(0);
    expect(performance.now() - started).toBeLessThan(AT_ONCE_MS);
  });
});

/** Asks for a route there isn't, over one connection, until the answer is that the server is stopping. */
async function draining(connection: KeptAliveConnection): Promise<KeptAliveAnswer> {
  for (;;) {
    const answer = await connection.ask('GET', '/api/nothing');
    if (answer.status !== 404) return answer;
  }
}
