import { type DatabaseConfig, databaseName, databaseUrl } from '../config/database';
import { InvalidValue } from '../config/values';
import { CommandFailure, runCommand } from './command';
import type { Progress } from './progress';
import { describeHoldings } from './texts';
import { type CopyReport, copyStore } from './transfer/copyStore';
import { isSameDatabase, openSource, openTarget } from './transfer/openTransfer';

/** `npm run db:copy -- FROM_URL TO_URL`: copies everything from any database to an empty one of any kind. */
void runCommand({
  usage: 'npm run db:copy -- FROM_URL TO_URL',
  arguments: 2,
  interrupted:
    'The target is not complete, and no server will use it: run the same again, and it starts anew.',
  async run([from = '', to = ''], progress) {
    const source = readUrl('FROM_URL', from);
    const target = readUrl('TO_URL', to);
    if (isSameDatabase(source, target))
      throw new CommandFailure('FROM_URL and TO_URL are the same database.');
    const startedAt = new Date();
    const { holdings, hasChangedSince } = await copy(source, target, progress);
    const later = hasChangedSince
      ? `\nA server has written to the source since ${startedAt.toISOString()}, when the copy began. That is not in the copy: ` +
        'to move without a loss, stop the server and copy to another new database.'
      : '';
    return (
      `${databaseName(target)} holds what ${databaseName(source)} held, both read again and compared:\n` +
      `${describeHoldings(holdings)}${later}`
    );
  },
});

async function copy(from: DatabaseConfig, to: DatabaseConfig, progress: Progress): Promise<CopyReport> {
  const source = await openSource(from);
  try {
    const target = await openTarget(to);
    return await copyStore(source, target, progress).finally(() => target.close());
  } finally {
    await source.close();
  }
}

/** The message shows at most the scheme: any other part may be a password. */
function readUrl(name: string, text: string): DatabaseConfig {
  try {
    return databaseUrl(text);
  } catch (error) {
    if (error instanceof InvalidValue) throw new CommandFailure(`${name} ${error.message}`);
    throw error;
  }
}
