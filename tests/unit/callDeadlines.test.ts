import { setImmediate } from 'node:timers/promises';
import { MAX_WAITING_CALLS } from '../../src/stores/databaseHealth';
import { CallDeadlines } from '../../src/stores/mongo/callDeadlines';
import { times } from '../../testkit/builders';
import { chatErrorOf } from '../contract/storeFixture';

test('a call that timed out counts against the limit of waiting calls until its work ends', async () => {
  const calls = new CallDeadlines(20);
  const ends: (() => void)[] = [];
  const endless = () => calls.run(() => new Promise<void>((resolve) => ends.push(resolve)));

  const timedOut = await Promise.all(times(MAX_WAITING_CALLS, () => chatErrorOf(endless(), 'UNAVAILABLE')));
  expect(timedOut.filter(({ retryAfterMs }) => retryAfterMs !== undefined)).toEqual([]);
  expect((await chatErrorOf(endless(), 'UNAVAILABLE')).retryAfterMs).toBeGreaterThan(0);
  expect(ends).toHaveLength(MAX_WAITING_CALLS);

  for (const end of ends) end();
  await setImmediate();
  await expect(calls.run(async () => 'accepted')).resolves.toBe('accepted');
});

test('a closed store rejects calls, and closes when those in flight have settled', async () => {
  const calls = new CallDeadlines(1_000);
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
