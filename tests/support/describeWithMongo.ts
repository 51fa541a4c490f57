import { describeSkipped } from './describeWith';
import { canStartOwnMongo } from './mongoServers';
import { mongoUrlForTest } from './testMongo';

/** `describe` for tests that need any MongoDB. Without one they are skipped with a message. */
export function describeWithMongo(name: string, tests: () => void): void {
  if (mongoUrlForTest() !== null) describe(name, tests);
  else describeSkipped('There is no MongoDB.', name, tests);
}

/** `describe` for tests that start, stop or observe a MongoDB of their own. Otherwise they are skipped with a message. */
export function describeWithOwnMongo(name: string, tests: () => void): void {
  if (canStartOwnMongo()) describe(name, tests);
  else describeSkipped('This run can start no MongoDB of its own.', name, tests);
}
