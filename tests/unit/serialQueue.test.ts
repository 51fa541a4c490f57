import { SerialQueue } from '../../src/stores/mongo/batcher';

/** A task that runs until `end` is called. */
function heldTask(log: string[], name: string) {
  let end = () => {};
  const held = new Promise<void>((resolve) => {
    end = resolve;
  });
  const run = async () => {
    log.push(`${name} begins`);
    await held;
    log.push(`${name} ends`);
    return name;
  };
  return { run, end: () => end() };
}

test('runs tasks of one key one at a time, in the order in which they were added', async () => {
  const queue = new SerialQueue();
  const log: string[] = [];
  const first = heldTask(log, 'first');
  const second = heldTask(log, 'second');
  const results = Promise.all([queue.run('a', first.run), queue.run('a', second.run)]);
  second.end();
  first.end();
  expect(await results).toEqual(['first', 'second']);
  expect(log).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
});

test('runs tasks of different keys concurrently', async () => {
  const queue = new SerialQueue();
  const log: string[] = [];
  const held = heldTask(log, 'held');
  const waiting = queue.run('a', held.run);
  expect(await queue.run('b', async () => 'other')).toBe('other');
  expect(log).toEqual(['held begins']);
  held.end();
  await waiting;
});

test('a task that fails does not stop the next one', async () => {
  const queue = new SerialQueue();
  const failing = queue.run('a', () => Promise.reject(new Error('failed')));
  const next = queue.run('a', async () => 'next');
  await expect(failing).rejects.toThrow('failed');
  expect(await next).toBe('next');
});
