import type { Models } from '../../models/models';

/**
 * Takes the `unanswered` mark off messages whose reply is stored, many with one write. Nobody waits for it: a mark that
 * stays, because the process or the database ended, is taken off by whoever looks for unanswered messages next.
 */
export class AnsweredMarks {
  #waiting: string[] = [];
  #running: Promise<void> | undefined;

  constructor(private readonly models: Models) {}

  add(messageId: string): void {
    this.#waiting.push(messageId);
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is waiting. */
  async done(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const ids = this.#waiting;
      this.#waiting = [];
      await this.#takeOff(ids);
    }
    this.#running = undefined;
  }

  async #takeOff(ids: string[]): Promise<void> {
    try {
      await this.models.messages.updateMany({ _id: { $in: ids } }, { $unset: { unanswered: 1 } });
    } catch {
      // The marks stay, which is what they are for.
    }
  }
}
