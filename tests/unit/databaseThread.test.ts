import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { DatabaseThread } from '../../src/stores/sqlite/databaseThread';
import { openDatabaseFile } from '../../src/stores/sqlite/driver';
import { newLogin, newUser, times } from '../../testkit/builders';

let directory: string;
let thread: DatabaseThread;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'smart-chat-thread-'));
  thread = new DatabaseThread(join(directory, 'chat.db'));
});

afterEach(async () => {
  await thread.close();
  rmSync(directory, { recursive: true, force: true });
});

const ping = () => thread.call('ping', [], () => 'pong');
/** Its answer takes the event loop a millisecond, in which the thread goes on. */
const slowPing = () =>
  thread.call('ping', [], () => {
    blockFor(1);
    return 'pong';
  });

/** Keeps the event loop in its turn. */
function blockFor(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Nothing that a server passes on makes the thread fail, so this gives it what is no job. */
function failThread(): Worker {
  const worker: unknown = Reflect.get(thread, 'worker');
  if (!(worker instanceof Worker)) throw new Error('There is no thread.');
  worker.postMessage([null]);
  return worker;
}

function endOf(worker: Worker): Promise<unknown> {
  return new Promise((resolve) => worker.once('exit', resolve));
}

/** Lets what was asked for go to the thread now, as a batch of its own. */
function sendBatch(): void {
  Reflect.get(thread, 'flush').call(thread);
}

test('a thread that fails rejects the jobs that it had, and the next thread runs the rest', async () => {
  await ping();
  failThread();
  const had = times(3, () => {
    const call = ping();
    sendBatch();
    return call;
  });
  const rest = ping();
  const results = await Promise.allSettled(had);
  expect(results).toEqual(
    times(3, () => ({ status: 'rejected', reason: expect.objectContaining({ code: 'UNAVAILABLE' }) })),
  );
  expect(await rest).toBe('pong');
});

test('batches that wait in the thread share a commit, and each job gets its own answer', async () => {
  const commits: number[] = [];
  const busy = new DatabaseThread(join(directory, 'chat.db'), {
    onCommit: (writes) => commits.push(writes),
  });
  const users = times(24, () => newUser());
  const create = (user: (typeof users)[number]) =>
    busy.call('createUser', [user, newLogin(user.id)], () => user.id);
  const made = users.map((user, index) => {
    const call = create(user);
    // Three batches of eight, all of which are there before the thread has opened the database.
    if (index % 8 === 7) Reflect.get(busy, 'flush').call(busy);
    return call;
  });
  expect(await Promise.all(made)).toEqual(users.map(({ id }) => id));
  expect(commits).toEqual([24]);
  await busy.close();
});

test('jobs that a thread has answered are resolved before those that it failed in are rejected', async () => {
  const settled: string[] = [];
  const note = (call: Promise<string>) =>
    call.then(
      (answer) => settled.push(answer),
      () => settled.push('refused'),
    );
  await ping();
  const answered = times(300, () => note(slowPing()));
  // By then the third batch is under way, and the last one with all the others.
  await answered[63];
  failThread();
  const refused = note(ping());
  sendBatch();
  await Promise.all([...answered, refused]);
  expect(settled).toEqual([...times(300, () => 'pong'), 'refused']);
});

test('the result of a job that completes after its deadline is still reported', async () => {
  await ping();
  let rejected: Promise<void> | undefined;
  const completed = new Promise<string>((resolve) => {
    rejected = thread.call('ping', [], () => resolve('pong'));
  });
  sendBatch();
  // Nothing here takes the thread so long.
  jest.spyOn(performance, 'now').mockReturnValueOnce(performance.now() + 3_000);
  Reflect.get(thread, 'rejectOverdueJobs').call(thread);
  await expect(rejected).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(await completed).toBe('pong');
});

test('a thread that has failed is started again with the next job', async () => {
  await ping();
  await endOf(failThread());
  expect(Reflect.get(thread, 'worker')).toBeNull();
  expect(await ping()).toBe('pong');
});

test('while the system cannot start a thread, calls are rejected', async () => {
  Reflect.set(thread, 'startWorker', () => {
    throw new Error('ERR_WORKER_INIT_FAILED: EAGAIN');
  });
  for (const refused of times(40, ping)) {
    await expect(refused).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  }
  Reflect.deleteProperty(thread, 'startWorker');
  expect(await ping()).toBe('pong');
});

test('closes when there is no thread', async () => {
  await ping();
  await endOf(failThread());
  await thread.close();
  await expect(ping()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

test('32 jobs are on disk before the event-loop turn that gave them has ended', async () => {
  await ping();
  const reader = openDatabaseFile(join(directory, 'chat.db'), 1_000);
  const users = reader.prepare('SELECT count(*) AS count FROM users');
  const made = times(32, () => newUser()).map((user) =>
    thread.call('createUser', [user, newLogin(user.id)], () => user.id),
  );
  const until = performance.now() + 5_000;
  while (users.get()?.count !== 32 && performance.now() < until) blockFor(1);
  expect(users.get()?.count).toBe(32);
  await Promise.all(made);
  reader.close();
});

test('queued jobs fill all the places that an answer has freed', async () => {
  await ping();
  const isFull: unknown[] = [];
  const onAnswers = Reflect.get(thread, 'onAnswers').bind(thread);
  Reflect.set(thread, 'onAnswers', (answers: unknown) => {
    onAnswers(answers);
    if (Reflect.get(thread, 'queue').length > 0) isFull.push(Reflect.get(thread, 'batches').length === 3);
  });
  await Promise.all(times(1_900, ping));
  expect(isFull.length).toBeGreaterThan(0);
  expect(new Set(isFull)).toEqual(new Set([true]));
});

test('an error of a database that a newer version has changed does not show its path', async () => {
  await ping();
  await endOf(failThread());
  const database = openDatabaseFile(join(directory, 'chat.db'), 1_000);
  database.exec('PRAGMA user_version = 999');
  database.close();
  const error: unknown = await ping().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'UNAVAILABLE', advice: expect.stringContaining('schema 999') });
  expect(error).toMatchObject({ message: expect.not.stringContaining(directory) });
});
