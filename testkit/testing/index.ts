/**
 * The test kit for apps that use Smart Chat Server: starts a server for tests, breaks the network, the process, the database and the
 * clock on demand, and finds messages that an app has lost, doubled or reordered. It depends on no test runner.
 */
export type { Message } from '../../src/domain/message';
export type { User } from '../../src/domain/user';
export type { Fault } from './fault';
export type { Faults, FaultUser } from './faults';
export type { SeededSession, SeedInput } from './protocol';
export type { MakeReply, ReplyRequest, ScriptedReply } from './replies';
export { startTestServer, type TestServer, type TestServerOptions, type TestUser } from './testServer';
