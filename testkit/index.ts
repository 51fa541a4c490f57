/**
 * The public test kit: starts a server in this process or in one of its own, creates accounts, and cuts, holds or delays
 * connections. It depends on no test runner, and importing it starts nothing.
 */
export { Account, type AccountOptions, type ClientSocket, PASSWORD } from './account';
export { Random } from './random';
export { type SeededSession, type SeededUser, seedMessages, seedUsers } from './seeding';
export { type RunningServer, type ServerOptions, startServer, TEST_CONFIG } from './server';
export {
  endProcesses,
  freePort,
  inTemporaryFolder,
  RestartableServer,
  type ServerProcess,
  startProcess,
  stopProcess,
  TEST_ENVIRONMENT,
  TEST_SECRET,
} from './serverProcess';
export { type Interference, type Link, TcpProxy } from './tcpProxy';
export { Changes, type Deferred, deferred, withTimeout } from './waiting';
