import { Batches } from '../../src/stores/mongo/batches';
import { fulfilled, rejected } from '../../src/stores/mongo/waiting';

/** Work that tells of each batch when it begins, and ends it when it is told to. */
function heldWork() {
  const begun: { items: number[]; end: () => void }[] = [];
  let tellBegun = () => {};
  const work = (items: number[]) =>
    new Promise<PromiseSettledResult<number>[]>((resolve) => {
      const end = () =>
        resolve(items.map((item) => (item < 0 ? rejected(new Error(`no ${item}`)) : fulfilled(item * 10))));
      begun.push({ items, end });
      tellBegun();
    });
  /** Ends the next batch and resolves with what was in it. */
  async function endNext(): Promise<number[]> {
    if (begun.length === 0)
      await new Promise<void>((resolve) => {
        tellBegun = resolve;
      });
    const batch = begun.shift();
    batch?.end();
    return batch?.items ?? [];
  }
  return { work, endNext };
}

test('what comes while a batch is under way is the next one', async () => {
  const { work, endNext } = heldWork();
  const together = new Batches(work, 10);
  const results = [1, 2, 3].map((item) => together.add(item));
  expect(await endNext()).toEqual([1]);
  expect(await endNext()).toEqual([2, 3]);
  expect(await Promise.all(results)).toEqual([10, 20, 30]);
});

test('a batch has no more than its limit', async () => {
  const { work, endNext } = heldWork();
  const together = new Batches(work, 2);
  const results = [1, 2, 3, 4].map((item) => together.add(item));
  expect([await endNext(), await endNext(), await endNext()]).toEqual([[1], [2, 3], [4]]);
  expect(await Promise.all(results)).toEqual([10, 20, 30, 40]);
});

test('one that fails costs no other one', async () => {
  const { work, endNext } = heldWork();
  const together = new Batches(work, 10);
  const results = Promise.allSettled([1, -2, 3].map((item) => together.add(item)));
  await endNext();
  await endNext();
  expect((await results).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('work that fails as a whole fails for all of its batch, and the next batch goes on', async () => {
  let isBroken = true;
  const together = new Batches(async (items: number[]) => {
    if (isBroken) throw new Error('broken');
    return items.map(fulfilled);
  }, 10);
  await expect(together.add(1)).rejects.toThrow('broken');
  isBroken = false;
  expect(await together.add(2)).toBe(2);
});

test('one without an outcome is told so', async () => {
  const together = new Batches(async () => [], 10);
  await expect(together.add(1)).rejects.toThrow('has no outcome');
});

test('done waits for all that wait', async () => {
  const { work, endNext } = heldWork();
  const together = new Batches(work, 10);
  const log: string[] = [];
  const results = [1, 2].map(async (item) => log.push(`${await together.add(item)}`));
  const done = together.done().then(() => log.push('done'));
  await endNext();
  await endNext();
  await Promise.all([done, ...results]);
  expect(log).toEqual(['10', '20', 'done']);
});
