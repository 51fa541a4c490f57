import { copyAll, holdingsOf } from './passes';
import type { Steps } from './steps';
import { differences, type Holdings, isSame } from './tally';
import { TransferError, type TransferSource, type TransferTarget } from './transfer';

export interface CopyReport {
  holdings: Holdings;
  /** True if others wrote to the source after the moment that the copy shows. */
  hasChangedSince: boolean;
}

/**
 * Fills the target with all that the source holds, reads both sides again and compares them, and only then makes the target
 * one that servers can use. Throws a `TransferError` if the two differ. The target is abandoned if anything fails.
 */
export async function copyStore(
  source: TransferSource,
  target: TransferTarget,
  steps: Steps,
): Promise<CopyReport> {
  try {
    const copied = await copyAll(source, target, steps);
    const expected = await holdingsOf(source, steps, 'Checking the source');
    if (!isSame(copied, expected)) throw changedMeanwhile();
    const read = await holdingsOf(target.written, steps, 'Checking the copy');
    const written = { ...read, unanswered: await target.countUnanswered() };
    if (!isSame(written, expected)) throw differs(expected, written);
    await target.complete();
    return { holdings: written, hasChangedSince: source.isSnapshot && source.hasChanged() };
  } catch (error) {
    target.abandon();
    throw error;
  }
}

function changedMeanwhile(): TransferError {
  return new TransferError(
    'Something was written to the source while it was copied, and this database has no moment to hold on to: stop the ' +
      'servers that use it, and copy again. The copy is not whole, and no server will use it.',
  );
}

function differs(expected: Holdings, written: Holdings): TransferError {
  return new TransferError(
    `The copy does not hold what the source holds: ${differences(expected, written).join(', ')}. Something else may have ` +
      'written to it: stop that, and copy again. No server that starts will use this one.',
  );
}
