import { chooseMongo, startMongo } from './mongoServers';
import { keepForTeardown } from './mongoTeardown';
import { buildServer } from './serverBuild';
import { publishMongo } from './testMongo';

/** Compiles the server for the tests that run it as a process, provides the MongoDB for all tests, and says which one it is. */
export default async function globalSetup(): Promise<void> {
  await buildServer();
  const choice = await chooseMongo();
  if (choice.kind === 'none') {
    skipAloud(choice.reason);
    return;
  }
  const server = await startMongo(choice);
  const url = choice.kind === 'url' ? choice.url : (server?.url ?? '');
  publishMongo(choice, url);
  keepForTeardown({ server, url, external: choice.kind === 'url' });
  say(`MongoDB for the tests: ${choice.description}`);
}

function skipAloud(reason: string): void {
  const text = `No MongoDB for the tests, so those that need one are SKIPPED (${reason}). Set TEST_MONGODB_URL to run them.`;
  if (process.env.CI === 'true') throw new Error(text);
  say(text);
}

function say(text: string): void {
  process.stderr.write(`\n${text}\n`);
}
