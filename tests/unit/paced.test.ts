import { Paced } from '../../src/utils/paced';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

let handled: number[];
let paced: Paced<number>;

beforeEach(() => {
  handled = [];
  paced = new Paced<number>(2, (thing) => handled.push(thing));
});

test('a few are handled at once, the others in later turns, in their order', async () => {
  const perTurn: number[] = [];
  paced.add([1, 2, 3, 4, 5]);
  while (handled.length < 5) {
    perTurn.push(handled.length);
    await nextTurn();
  }
  expect(perTurn).toEqual([2, 4]);
  expect(handled).toEqual([1, 2, 3, 4, 5]);
});

test('what still waits is handled before what comes next', async () => {
  paced.add([1, 2, 3, 4, 5]);
  paced.add([6, 7, 8]);
  expect(handled).toEqual([1, 2, 3, 4, 5, 6, 7]);
  await nextTurn();
  expect(handled).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test('all that waits is handled at once when it is to finish', () => {
  paced.add([1, 2, 3, 4, 5]);
  paced.finish();
  expect(handled).toEqual([1, 2, 3, 4, 5]);
});
