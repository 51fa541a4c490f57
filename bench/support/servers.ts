import { join } from 'node:path';
import { buildSync } from 'esbuild';
import {
  builtProgram,
  fromSource,
  type ServerProcess,
  startProcess,
  TEST_SECRET,
} from '../../testkit/serverProcess';

/** As in production, but without rate limits: the load comes from one address and few users. */
const ENVIRONMENT = {
  NODE_ENV: 'production',
  DATABASE_URL: 'sqlite://./chat.db',
  JWT_SECRET: TEST_SECRET,
  AUTH_RATE_PER_MINUTE: '0',
  CONNECT_RATE_PER_MINUTE: '0',
  MESSAGE_RATE_PER_SECOND: '0',
};

/** Starts our built server, by default on the database in this folder, with these settings besides those of every measurement. */
export function startOurs(
  directory: string,
  flags: readonly string[] = [],
  environment: Record<string, string> = {},
): ServerProcess {
  return startProcess(directory, { ...ENVIRONMENT, ...environment }, [...flags, builtProgram('server')]);
}

/** Starts a bare Socket.IO server that only echoes, in one file like ours. */
export function startBare(directory: string, flags: readonly string[] = []): ServerProcess {
  const program = join(directory, 'bareServer.js');
  buildSync({
    entryPoints: [join(__dirname, 'bareServer.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    // Optional parts of `ws` that are not installed.
    external: ['bufferutil', 'utf-8-validate'],
    logLevel: 'warning',
  });
  return startProcess(directory, {}, [...flags, program]);
}

/** Starts a server as one writes it by hand, which stores each exchange on the event loop. */
export function startNaive(directory: string): ServerProcess {
  return startProcess(directory, {}, fromSource(join(__dirname, 'naiveServer.ts')));
}
