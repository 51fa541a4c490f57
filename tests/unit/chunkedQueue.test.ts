import { ChunkedQueue } from '../../src/utils/chunkedQueue';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

let handled: number[];
let queue: ChunkedQueue<number>;

beforeEach(() => {
  handled = [];
  queue = new ChunkedQueue<number>(2, (item) => handled.push(item));
});

test('one chunk is handled immediately, the others in later turns, in order', async () => {
  const perTurn: number[] = [];
  queue.add([1, 2, 3, 4, 5]);
  while (handled.length < 5) {
    perTurn.push(handled.length);
    await nextTurn();
  }
  expect(perTurn).toEqual([2, 4]);
  expect(handled).toEqual([1, 2, 3, 4, 5]);
});

test('pending items are handled before items that are added later', async () => {
  queue.add([1, 2, 3, 4, 5]);
  queue.add([6, 7, 8]);
  expect(handled).toEqual([1, 2, 3, 4, 5, 6, 7]);
  await nextTurn();
  expect(handled).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test('a flush handles all pending items immediately', () => {
  queue.add([1, 2, 3, 4, 5]);
  queue.flush();
  expect(handled).toEqual([1, 2, 3, 4, 5]);
});
