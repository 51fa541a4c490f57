import { AdminError, type ErrorTranslator, type Report, withTranslatedErrors } from './command';
import { type DatabaseSummary, findDifferences, isEqual, type RecordBatch, SummaryBuilder } from './summary';

/** The largest number of records in memory at a time. */
export const BATCH_SIZE = 1_000;

/** A database whose records can be read. */
export interface RecordReader {
  /**
   * Reads all records. Users come first, then logins, revoked tokens, usage, sessions and messages, so that a record follows the records it refers to;
   * the messages of a session are adjacent and in order.
   */
  read(): AsyncIterable<RecordBatch>;
  /** Explains the errors of all methods. */
  readonly translateError: ErrorTranslator;
  close(): Promise<void>;
}

/** A database to copy from. */
export interface TransferSource extends RecordReader {
  /** Whether the database was written to after the moment as of which it is read. False if it isn't read as of one moment. */
  hasChanged(): boolean;
}

/** An empty database to copy to. No server can use it before `complete`; `close` before that discards the copy. */
export interface TransferTarget extends RecordReader {
  /** Stores records, in the order in which a source returns them. */
  write(batch: RecordBatch): Promise<void>;
  /** How many messages a server would find unanswered. */
  countUnanswered(): Promise<number>;
  /** Puts everything on disk, and allows servers to use the database. */
  complete(): Promise<void>;
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
  const inTarget = <T>(work: () => Promise<T>) => withTranslatedErrors(target.translateError, work);
  report('Copying');
  const copied = await summarize(source, (batch) => inTarget(() => target.write(batch)));
  report('Reading the source again');
  const expected = await summarize(source);
  if (!isEqual(copied, expected)) {
    throw new AdminError(
      'The source was written to while it was copied: stop the servers that use it, and copy again. The copy is not ' +
        'complete, and no server will use it.',
    );
  }
  report('Reading the copy');
  const written = await summarize(target);
  written.unanswered = await inTarget(() => target.countUnanswered());
  const differences = findDifferences(expected, written);
  if (differences.length > 0) {
    throw new AdminError(
      `The copy differs from the source: ${differences.join(', ')}. If another program writes to it, stop that program, and ` +
        'copy again. No server will use this copy.',
    );
  }
  await inTarget(() => target.complete());
  return { summary: written, hasChangedSince: source.hasChanged() };
}

function summarize(
  database: RecordReader,
  process?: (batch: RecordBatch) => Promise<void>,
): Promise<DatabaseSummary> {
  return withTranslatedErrors(database.translateError, async () => {
    const summary = new SummaryBuilder();
    for await (const batch of database.read()) {
      summary.add(batch);
      await process?.(batch);
    }
    return summary.build();
  });
}

/** Groups items into batches. Pauses after each one, so that the process can handle signals while the items come without waiting. */
export async function* inBatches<T>(
  items: AsyncIterable<T> | Iterable<T>,
  size = BATCH_SIZE,
): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
    await new Promise(setImmediate);
  }
  if (batch.length > 0) yield batch;
}
