import { type Waiting, type WorkTogether, workOff } from './waiting';

/**
 * Sends many to the database with one command: what comes while one batch is on its way is the next one. So who comes alone
 * waits for nobody, and the busier the database, the more share a command.
 */
export class Batches<T, R> {
  #waiting: Waiting<T, R>[] = [];
  #running: Promise<void> | undefined;

  constructor(
    private readonly work: WorkTogether<T, R>,
    private readonly maxItems: number,
  ) {}

  /** Settles as the work on this item does. */
  add(item: T): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing is waiting. */
  async done(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) await workOff(this.#waiting.splice(0, this.maxItems), this.work);
    this.#running = undefined;
  }
}
