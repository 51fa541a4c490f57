import { RestartableServer } from '../../testkit/serverProcess';
import { useProcessFolder } from '../support/processFolder';
import { runStorm } from './reconnectStorm';

const CLIENTS = 300;
const LIMIT_MS = 15_000;

describe('guarantees 1 and 5: a crash with many clients', () => {
  const directory = useProcessFolder();

  test(`${CLIENTS} clients come back at once, are all served, and have lost nothing`, async () => {
    const server = await RestartableServer.create(directory, {});
    await server.start();
    const { faults, milliseconds } = await runStorm(server, CLIENTS);
    process.stderr.write(`${CLIENTS} clients served again ${Math.round(milliseconds)} ms after a restart\n`);
    expect(faults).toBe(0);
    expect(milliseconds).toBeLessThan(LIMIT_MS);
    expect(await server.end('SIGTERM')).toBe(0);
  }, 60_000);
});
