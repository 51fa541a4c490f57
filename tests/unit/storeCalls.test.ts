import { setImmediate } from 'node:timers/promises';
import { MAX_WAITING_CALLS } from '../../src/stores/errors';
import { StoreCalls } from '../../src/stores/mongo/storeCalls';
import { chatErrorOf } from '../contract/storeFixture';
import { times } from '../support/builders';

test('a call that was given up counts among those that wait until it ends', async () => {
  const calls = new StoreCalls(20);
  const ends: (() => void)[] = [];
  const endless = () => calls.run(() => new Promise<void>((resolve) => ends.push(resolve)));

  const givenUp = await Promise.all(times(MAX_WAITING_CALLS, () => chatErrorOf(endless(), 'UNAVAILABLE')));
  expect(givenUp.filter(({ retryAfterMs }) => retryAfterMs !== undefined)).toEqual([]);
  expect((await chatErrorOf(endless(), 'UNAVAILABLE')).retryAfterMs).toBeGreaterThan(0);
  expect(ends).toHaveLength(MAX_WAITING_CALLS);

  for (const end of ends) end();
  await setImmediate();
  await expect(calls.run(async () => 'taken')).resolves.toBe('taken');
});

test('a closed store takes no calls, and closes when those under way are answered', async () => {
  const calls = new StoreCalls(1_000);
  let end: () => void = () => {};
  const call = calls.run(() => new Promise<void>((resolve) => (end = resolve)));
  let closed = false;
  const closing = calls.close().then(() => {
    closed = true;
  });
  await chatErrorOf(
    calls.run(async () => {}),
    'UNAVAILABLE',
  );
  expect(closed).toBe(false);
  end();
  await Promise.all([call, closing]);
});
