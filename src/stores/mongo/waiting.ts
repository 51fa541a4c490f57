/** Something that waits to be worked on together with others. */
export interface Waiting<T, R> {
  item: T;
  resolve(result: R): void;
  reject(reason: unknown): void;
}

/** What the work makes of each item, in the order of the items. If it rejects, that is the outcome of all of them. */
export type WorkTogether<T, R> = (items: T[]) => Promise<PromiseSettledResult<R>[]>;

/** Resolves when every one has its outcome. */
export async function workOff<T, R>(waiting: Waiting<T, R>[], work: WorkTogether<T, R>): Promise<void> {
  try {
    const outcomes = await work(waiting.map(({ item }) => item));
    for (const [index, { resolve, reject }] of waiting.entries()) {
      const outcome = outcomes[index];
      if (outcome?.status === 'fulfilled') resolve(outcome.value);
      else reject(outcome?.reason ?? new Error('one of many that were worked on together has no outcome'));
    }
  } catch (error) {
    for (const { reject } of waiting) reject(error);
  }
}

export function fulfilled<R>(value: R): PromiseFulfilledResult<R> {
  return { status: 'fulfilled', value };
}

export function rejected(reason: unknown): PromiseRejectedResult {
  return { status: 'rejected', reason };
}
