import { provideMongo } from './mongoRun';
import { buildServer } from './serverBuild';

/** Compiles the server for the tests that run it as a process, and provides the MongoDB for all tests. Prints which one it is. */
export default async function globalSetup(): Promise<void> {
  await buildServer();
  const choice = await provideMongo();
  if (choice.kind === 'none') reportSkipped(choice.reason);
  else print(`MongoDB for the tests: ${choice.description}`);
}

function reportSkipped(reason: string): void {
  const text = `There is no MongoDB, so the tests that need one are SKIPPED (${reason}). Set TEST_MONGODB_URL to run them.`;
  if (process.env.CI === 'true') throw new Error(text);
  print(text);
}

function print(text: string): void {
  process.stderr.write(`\n${text}\n`);
}
