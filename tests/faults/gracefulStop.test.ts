import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { DatabaseConfig } from '../../src/config/database';
import type { Message } from '../../src/domain/message';
import { openStore } from '../../src/stores/open';
import type { Account } from '../../testkit/account';
import { times } from '../../testkit/builders';
import { RestartableServer } from '../../testkit/serverProcess';
import { signUpDocumented } from '../support/documents/account';
import { measuresTimes } from '../support/measuredTimes';
import { useProcessFolder } from '../support/processFolder';
import { testDatabases } from '../support/testServer';
import { ImpatientSender } from './impatientSender';

measuresTimes();

const STOP_LIMIT_MS = 10_000;
const IN_FLIGHT_EACH = 4;
/** Acknowledged messages after which the server is told to stop. */
const ENOUGH = 60;

describe.each(testDatabases)('guarantee 11: graceful stop under load, on %s', (_name, makeDatabase) => {
  const directory = useProcessFolder();

  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s: what is stored was acknowledged, and the other way round; clients connect again by themselves',
    async (signal) => {
      const database = makeDatabase();
      const server = await startOn(directory, database);
      const account = await signUpDocumented(server.url);
      const sessionId = randomUUID();

      const load = startLoad(account, sessionId);
      await load.enough;
      const started = performance.now();
      expect(await server.end(signal)).toBe(0);
      expect(performance.now() - started).toBeLessThan(STOP_LIMIT_MS);

      // SQLite puts its log into the file and removes it when it is closed.
      if (database.kind === 'sqlite') expect(existsSync(`${database.path}-wal`)).toBe(false);
      const acknowledged = await load.finished;
      const stored = await historyOf(database, account.login.user.id, sessionId);
      const storedIds = stored.flatMap(({ clientMessageId }) => clientMessageId ?? []);
      expect(storedIds.toSorted()).toEqual(acknowledged.toSorted());
      expect(stored.map(({ seq }) => seq)).toEqual(times(stored.length, (index) => index + 1));
      expect(stored).toHaveLength(acknowledged.length * 2);
      for (const reason of await load.lostBy) expect(reason).toMatch(/^transport (close|error)$/);
    },
  );
});

async function startOn(directory: string, database: DatabaseConfig): Promise<RestartableServer> {
  const DATABASE_URL = database.kind === 'sqlite' ? `sqlite://${database.path}` : database.url;
  const server = await RestartableServer.create(directory, { DATABASE_URL });
  await server.start();
  return server;
}

/** Sends over WebSockets, long polling and REST, until the server stops. */
function startLoad(account: Account, sessionId: string) {
  let count = 0;
  let tellEnough = () => {};
  const enough = new Promise<void>((resolve) => {
    tellEnough = resolve;
  });
  const onAck = () => {
    count += 1;
    if (count === ENOUGH) tellEnough();
  };
  const senders = [['websocket'], ['websocket'], ['polling']].map(
    (transports) => new ImpatientSender(account, sessionId, onAck, transports),
  );
  const loops = senders.flatMap((sender) => [
    ...times(IN_FLIGHT_EACH, () => sender.overSocket()),
    sender.overRest(),
  ]);
  return {
    enough,
    finished: Promise.all(loops).then(() => senders.flatMap(({ acknowledged }) => acknowledged)),
    lostBy: Promise.all(senders.map(({ lostBy }) => lostBy)),
  };
}

/** What the database has, asked without the server. */
async function historyOf(database: DatabaseConfig, userId: string, sessionId: string): Promise<Message[]> {
  const store = await openStore(database);
  const messages: Message[] = [];
  for (let hasMore = true; hasMore; ) {
    const page = await store.readMessages(userId, sessionId, {
      after: messages.at(-1)?.seq ?? 0,
      limit: 100,
    });
    messages.push(...(page?.messages ?? []));
    hasMore = page?.hasMore ?? false;
  }
  await store.close();
  return messages;
}
