import { ChatError } from '../domain/errors';

/** What one socket may have waiting; more than any client that comes back after a while asks for. */
const MAX_WAITING = 1_000;
const RETRY_MS = 1_000;

interface Queue {
  end: Promise<void>;
  length: number;
}

/** Lets each owner do one thing at a time, so that whoever asks for a lot at once waits alone. */
export class Turns {
  private readonly queues = new WeakMap<object, Queue>();

  /** Does the work when what the owner has asked for before is done. Throws `RATE_LIMITED` if too much waits already. */
  async take<T>(owner: object, work: () => Promise<T>): Promise<T> {
    const queue = this.queues.get(owner) ?? { end: Promise.resolve(), length: 0 };
    if (queue.length >= MAX_WAITING) throw new ChatError('RATE_LIMITED', { retryAfterMs: RETRY_MS });
    this.queues.set(owner, queue);
    queue.length += 1;
    const result = queue.end.then(work);
    const finish = () => {
      queue.length -= 1;
    };
    queue.end = result.then(finish, finish);
    return result;
  }
}
