/** The part of the test kit that runs in browsers: it uses a server that was started with `controlPort`. */
export type { Message } from '../../src/domain/message';
export { DeliveryError, type DeliveryProblem, type MessageLike, type ProblemKind } from './delivery';
export { type AppView, type ExpectOptions, expectNothingLost, type Shown } from './expectNothingLost';
export type {
  Fault,
  Faults,
  FaultUser,
  RemoteTestServer,
  ScriptedReply,
  SeededSession,
  SeedInput,
  TestUser,
} from './kit';
export { connectTestServer } from './remote';
export { type WatchableClient, watch } from './watch';
