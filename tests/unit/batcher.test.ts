import { Batcher, fulfilled, rejected, SerialQueue, SessionBatcher } from '../../src/stores/mongo/batcher';

/** A handler that records each batch, and holds it until `endNext` is called. */
function heldHandler() {
  const running: { items: number[]; end: () => void }[] = [];
  let onStart = () => {};
  const handler = (items: number[]) =>
    new Promise<PromiseSettledResult<number>[]>((resolve) => {
      const end = () =>
        resolve(items.map((item) => (item < 0 ? rejected(new Error(`no ${item}`)) : fulfilled(item * 10))));
      running.push({ items, end });
      onStart();
    });
  /** Ends the next batch and resolves with its items. */
  async function endNext(): Promise<number[]> {
    if (running.length === 0)
      await new Promise<void>((resolve) => {
        onStart = resolve;
      });
    const batch = running.shift();
    batch?.end();
    return batch?.items ?? [];
  }
  return { handler, endNext };
}

test('items that arrive while a batch is running form the next one', async () => {
  const { handler, endNext } = heldHandler();
  const batcher = new Batcher(handler, 10);
  const results = [1, 2, 3].map((item) => batcher.add(item));
  expect(await endNext()).toEqual([1]);
  expect(await endNext()).toEqual([2, 3]);
  expect(await Promise.all(results)).toEqual([10, 20, 30]);
});

test('a batch has at most the maximum size', async () => {
  const { handler, endNext } = heldHandler();
  const batcher = new Batcher(handler, 2);
  const results = [1, 2, 3, 4].map((item) => batcher.add(item));
  expect([await endNext(), await endNext(), await endNext()]).toEqual([[1], [2, 3], [4]]);
  expect(await Promise.all(results)).toEqual([10, 20, 30, 40]);
});

test('an item that fails affects no other one', async () => {
  const { handler, endNext } = heldHandler();
  const batcher = new Batcher(handler, 10);
  const results = Promise.allSettled([1, -2, 3].map((item) => batcher.add(item)));
  await endNext();
  await endNext();
  expect((await results).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('a handler that rejects fails its whole batch, and the next batch runs', async () => {
  let isBroken = true;
  const batcher = new Batcher(async (items: number[]) => {
    if (isBroken) throw new Error('broken');
    return items.map(fulfilled);
  }, 10);
  await expect(batcher.add(1)).rejects.toThrow('broken');
  isBroken = false;
  expect(await batcher.add(2)).toBe(2);
});

test('an item without an outcome is rejected', async () => {
  const batcher = new Batcher(async () => [], 10);
  await expect(batcher.add(1)).rejects.toThrow('has no outcome');
});

test('idle waits for all pending items', async () => {
  const { handler, endNext } = heldHandler();
  const batcher = new Batcher(handler, 10);
  const log: string[] = [];
  const results = [1, 2].map(async (item) => log.push(`${await batcher.add(item)}`));
  const idle = batcher.idle().then(() => log.push('idle'));
  await endNext();
  await endNext();
  await Promise.all([idle, ...results]);
  expect(log).toEqual(['10', '20', 'idle']);
});

test('items of a busy session form one batch per user, and other sessions are not delayed', async () => {
  const queue = new SerialQueue();
  const batches: string[][] = [];
  const batcher = new SessionBatcher(queue, async (items: { userId: string; sessionId: string }[]) => {
    batches.push(items.map(({ userId, sessionId }) => `${userId} ${sessionId}`));
    return items.map(() => fulfilled(null));
  });
  let release = () => {};
  const busy = queue.run('s1', () => new Promise<void>((resolve) => (release = resolve)));
  const waiting = ['ann', 'bob', 'ann'].map((userId) => batcher.add({ userId, sessionId: 's1' }));
  await batcher.add({ userId: 'ann', sessionId: 's2' });
  expect(batches).toEqual([['ann s2']]);
  release();
  await Promise.all([busy, ...waiting]);
  expect(batches).toEqual([['ann s2'], ['ann s1', 'ann s1'], ['bob s1']]);
});
