/**
 * The test kit for apps that use Smart Chat Server: starts a server for tests, breaks the network, the process, the database and the
 * clock on demand, and finds messages that an app has lost, doubled or reordered. It depends on no test runner.
 */
export type { User } from '../../src/domain/user';
export * from './browser';
export type { MakeReply, ReplyRequest } from './replies';
export { startTestServer, type TestServer, type TestServerOptions } from './testServer';
