import { uuidv7 } from 'uuidv7';
import { ReplyQueue } from '../../src/services/replies/replyQueue';
import type { UnansweredMessage } from '../../src/stores/chatStore';
import { times } from '../../testkit/builders';

function message(userId: string, sessionId: string, seq = 1): UnansweredMessage {
  const fields = { messageId: uuidv7(), sender: 'user' as const, content: '', timestamp: '' };
  return { userId, message: { ...fields, sessionId, seq } };
}

function takeAll(queue: ReplyQueue): UnansweredMessage[] {
  const taken: UnansweredMessage[] = [];
  for (let next = queue.take(); next; next = queue.take()) taken.push(next);
  return taken;
}

test('a session gets one reply at a time, in order', () => {
  const queue = new ReplyQueue({ total: 10, perUser: 10, isInTurn: true });
  const [first, second, other] = [message('u', 'a'), message('u', 'a', 3), message('u', 'b')];
  for (const each of [first, second, other]) queue.offer(each);
  expect(takeAll(queue)).toEqual([first, other]);
  queue.done(first);
  expect(takeAll(queue)).toEqual([second]);
});

test('a user gets no more than their share, and others are not kept waiting by it', () => {
  const queue = new ReplyQueue({ total: 3, perUser: 2, isInTurn: true });
  const busy = times(5, (index) => message('busy', `s${index}`));
  const quiet = [message('quiet', 'a'), message('quiet', 'b')];
  for (const each of [...busy, ...quiet]) queue.offer(each);
  expect(takeAll(queue)).toEqual([busy[0], quiet[0], busy[1]]);
  const [done] = quiet;
  if (done) queue.done(done);
  expect(takeAll(queue)).toEqual([quiet[1]]);
});

test('a message is queued once, also while its reply is made', () => {
  const queue = new ReplyQueue({ total: 3, perUser: 2, isInTurn: true });
  const only = message('u', 'a');
  expect([queue.offer(only), queue.offer(only)]).toEqual([true, true]);
  expect(takeAll(queue)).toEqual([only]);
  expect(queue.offer(only)).toBe(true);
  queue.done(only);
  expect(takeAll(queue)).toEqual([]);
});

test('of a user at most 20 messages wait in memory', () => {
  const queue = new ReplyQueue({ total: 3, perUser: 2, isInTurn: true });
  const offers = times(21, (index) => queue.offer(message('u', 'a', index)));
  expect(offers.lastIndexOf(true)).toBe(19);
  expect(queue.offer(message('other', 'b'))).toBe(true);
  expect([queue.hasWaiting('u'), queue.hasWaiting('nobody')]).toEqual([true, false]);
});
