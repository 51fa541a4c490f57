import type { TaskQueue } from '../../utils/serialQueue';
import { type Waiting, type WorkTogether, workOff } from './waiting';

/** Whose session it is meant to be, and which one. */
export interface SessionOfUser {
  userId: string;
  sessionId: string;
}

/**
 * Gathers what a user does in a session while the session is busy with earlier tasks, and works on it together when the
 * session's turn comes. Different sessions have their turns side by side.
 */
export class SessionGroups<T extends SessionOfUser, R> {
  readonly #gathered = new Map<string, Waiting<T, R>[]>();

  constructor(
    private readonly queue: TaskQueue,
    private readonly work: WorkTogether<T, R>,
  ) {}

  /** Settles as the work on this item does. Items of a session settle in the order in which they came. */
  add(item: T): Promise<R> {
    return new Promise((resolve, reject) => {
      const key = `${item.userId} ${item.sessionId}`;
      const waiting = { item, resolve, reject };
      const gathered = this.#gathered.get(key);
      if (gathered) gathered.push(waiting);
      else this.#begin(key, waiting);
    });
  }

  #begin(key: string, first: Waiting<T, R>): void {
    const gathered = [first];
    this.#gathered.set(key, gathered);
    void this.queue.run(first.item.sessionId, () => {
      this.#gathered.delete(key);
      return workOff(gathered, this.work);
    });
  }
}
