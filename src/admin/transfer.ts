import { AdminError, type ErrorTranslator, type Report } from './command';
import type { RecordBatch } from './records';
import { type DatabaseSummary, findDifferences, isEqual, SummaryBuilder } from './summary';

/** A database to copy from. Its methods reject with an `AdminError` if it can't be read. */
export interface TransferSource {
  /**
   * Reads all records. Users come first, then logins, sessions and messages, so that a record follows the records it refers to;
   * the messages of a session are adjacent and in order.
   */
  read(): AsyncIterable<RecordBatch>;
  /** Whether the database was written to after the moment as of which it is read. False if it isn't read as of one moment. */
  hasChanged(): boolean;
  close(): Promise<void>;
}

/** An empty database to copy to. No server can use it before `complete`. */
export interface TransferTarget {
  /** Stores records, in the order in which a source returns them. */
  write(batch: RecordBatch): Promise<void>;
  /** Reads back everything that was written. */
  read(): AsyncIterable<RecordBatch>;
  /** How many messages a server would find unanswered. */
  countUnanswered(): Promise<number>;
  /** Puts everything on disk, and allows servers to use the database. */
  complete(): Promise<void>;
  /** Discards everything unless it is complete. */
  close(): Promise<void>;
}

export interface CopyResult {
  summary: DatabaseSummary;
  /** True if the source was written to after the moment that the copy represents. */
  hasChangedSince: boolean;
}

/**
 * Copies all records, then reads both databases again and compares them. Completes the target only if they are equal;
 * otherwise rejects with an `AdminError`.
 */
export async function copyDatabase(
  source: TransferSource,
  target: TransferTarget,
  report: Report,
): Promise<CopyResult> {
  report('Copying');
  const copied = await summarize(source.read(), (batch) => target.write(batch));
  report('Reading the source again');
  const expected = await summarize(source.read());
  if (!isEqual(copied, expected)) {
    throw new AdminError(
      'The source was written to while it was copied: stop the servers that use it, and copy again. The copy is not ' +
        'complete, and no server will use it.',
    );
  }
  report('Reading the copy');
  const written = { ...(await summarize(target.read())), unanswered: await target.countUnanswered() };
  const differences = findDifferences(expected, written);
  if (differences.length > 0) {
    throw new AdminError(
      `The copy differs from the source: ${differences.join(', ')}. If another program writes to it, stop that program, and ` +
        'copy again. No server will use this copy.',
    );
  }
  await target.complete();
  return { summary: written, hasChangedSince: source.hasChanged() };
}

/** Throws the translation of an error in reading. */
export async function* readWithTranslatedErrors<T>(
  translate: ErrorTranslator,
  batches: AsyncIterable<T>,
): AsyncGenerator<T> {
  try {
    yield* batches;
  } catch (error) {
    throw translate(error);
  }
}

async function summarize(
  batches: AsyncIterable<RecordBatch>,
  process?: (batch: RecordBatch) => Promise<void>,
): Promise<DatabaseSummary> {
  const summary = new SummaryBuilder();
  for await (const batch of batches) {
    summary.add(batch);
    await process?.(batch);
  }
  return summary.build();
}
