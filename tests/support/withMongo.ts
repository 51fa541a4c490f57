/**
 * `tsx tests/support/withMongo.ts PROGRAM [ARGUMENT …]` runs a TypeScript program with `TEST_MONGODB_URL` set to a new database of the
 * MongoDB that the tests use, and `TEST_MONGODB_KIND` to its kind. Without a MongoDB neither is set.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fromSource } from '../../testkit/serverProcess';
import { provideMongo, tearDownMongo } from './mongoRun';
import { mongoUrlForTest } from './testMongo';

async function main([program = '', ...args]: string[]): Promise<void> {
  // Ctrl+C also reaches the program; this process cleans up after it.
  process.on('SIGINT', () => {});
  const choice = await provideMongo();
  const url = mongoUrlForTest();
  if (choice.kind === 'none') process.stderr.write(`There is no MongoDB: ${choice.reason}\n`);
  try {
    const env = {
      ...process.env,
      ...(url !== null && { TEST_MONGODB_URL: url, TEST_MONGODB_KIND: choice.kind }),
    };
    const child = spawn(process.execPath, [...fromSource(program), ...args], { stdio: 'inherit', env });
    const [code] = await once(child, 'exit');
    process.exitCode = code ?? 1;
  } finally {
    await tearDownMongo();
  }
}

void main(process.argv.slice(2));
