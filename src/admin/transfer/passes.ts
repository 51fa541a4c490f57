import { type ChatRecords, KINDS, type Kind, sumOf } from './records';
import type { Steps } from './steps';
import { type Holdings, Tally } from './tally';
import type { TransferSource, TransferTarget } from './transfer';

type Readable = Pick<TransferSource, 'read' | 'count'>;

/** Reads everything and says what it is. */
export async function holdingsOf(source: Readable, steps: Steps, name: string): Promise<Holdings> {
  const tally = new Tally();
  await forEachBatch(source, steps, name, async (kind, records) => tally.add(kind, records));
  return tally.holdings();
}

/** Copies everything, and says what it was. */
export async function copyAll(
  source: Readable,
  target: Pick<TransferTarget, 'write'>,
  steps: Steps,
): Promise<Holdings> {
  const tally = new Tally();
  await forEachBatch(source, steps, 'Copying', async (kind, records) => {
    tally.add(kind, records);
    await target.write[kind](records);
  });
  return tally.holdings();
}

type BatchWork = <K extends Kind>(kind: K, records: ChatRecords[K][]) => Promise<void>;

async function forEachBatch(source: Readable, steps: Steps, name: string, work: BatchWork): Promise<void> {
  const show = steps.begin(name, sumOf(await source.count()), 'records');
  let done = 0;
  const doKind = async <K extends Kind>(kind: K) => {
    for await (const records of source.read[kind]()) {
      await work(kind, records);
      done += records.length;
      show(done);
    }
  };
  for (const kind of KINDS) await doKind(kind);
}
