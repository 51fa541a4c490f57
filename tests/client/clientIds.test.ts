import { newId } from '../../client/src/environment';

test('ids are UUIDs of version 7 that begin with the time, so they sort as they were made', () => {
  jest.useFakeTimers({ now: 0x0123456789ab });
  try {
    const first = newId();
    jest.setSystemTime(0x0123456789ac);
    const second = newId();
    expect(first).toMatch(/^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(second.startsWith('01234567-89ac-7')).toBe(true);
  } finally {
    jest.useRealTimers();
  }
});

test('ids made in the same millisecond differ', () => {
  const ids = Array.from({ length: 10_000 }, newId);
  expect(new Set(ids).size).toBe(ids.length);
});
