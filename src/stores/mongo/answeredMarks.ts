import type { Models } from '../../models/models';
import { Batches } from './batches';
import { driverCollection } from './driverCollection';
import { fulfilled } from './waiting';

const MAX_MARKS = 1_000;

/**
 * Takes the `unanswered` mark off messages whose reply is stored, many with one write. Nobody waits for it: a mark that
 * stays, because the process or the database ended, is taken off by whoever looks for unanswered messages next.
 */
export class AnsweredMarks {
  readonly #batches = new Batches((ids: string[]) => this.#takeOff(ids), MAX_MARKS);

  constructor(private readonly models: Models) {}

  add(messageId: string): void {
    // Where it fails the marks stay, which is what they are for.
    this.#batches.add(messageId).catch(() => {});
  }

  /** Resolves when nothing is waiting. */
  done(): Promise<void> {
    return this.#batches.done();
  }

  async #takeOff(ids: string[]): Promise<PromiseFulfilledResult<void>[]> {
    const messages = driverCollection(this.models.messages);
    await messages.updateMany({ _id: { $in: ids } }, { $unset: { unanswered: 1 } });
    return ids.map(() => fulfilled(undefined));
  }
}
