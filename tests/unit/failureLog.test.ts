import { ChatError } from '../../src/domain/errors';
import { FailureLog } from '../../src/stores/instrumented';
import { recordLog } from '../support/recordLog';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test('a database that fails is written of at once, and then with a count every 10 s, however many calls fail', () => {
  const { logger, entries } = recordLog('info');
  const log = new FailureLog(logger);
  const fail = () => log.failed(new ChatError('UNAVAILABLE', { cause: new Error('the disk is full') }));
  fail();
  expect(entries()).toMatchObject([
    { level: 50, code: 'UNAVAILABLE', failures: 1, err: { message: 'the disk is full' } },
  ]);
  for (let count = 0; count < 4; count += 1) fail();
  jest.advanceTimersByTime(9_999);
  fail();
  expect(entries()).toHaveLength(1);
  jest.advanceTimersByTime(1);
  fail();
  expect(entries().map(({ failures }) => failures)).toEqual([1, 6]);
});
