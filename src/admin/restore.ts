import { loadEnvironment, readDatabaseConfig } from '../config/readConfig';
import { runCommand } from './command';
import { requireSqlite } from './requireSqlite';
import { restoreDatabase } from './sqlite/restore';
import { describeHoldings } from './texts';

/** `npm run restore -- FILE`: puts a backup in the place of the SQLite database of `DATABASE_URL`. */
void runCommand({
  usage: 'npm run restore -- FILE',
  arguments: 1,
  interrupted: 'The database is what it was.',
  async run([file = ''], progress) {
    const path = requireSqlite(readDatabaseConfig(loadEnvironment()), 'mongorestore');
    const { holdings, madeAt, aside } = await restoreDatabase(file, path, progress);
    const origin = madeAt === null ? 'which has no checksum of its own' : `a backup of ${madeAt}`;
    const kept = aside === null ? '' : `\nThe database that was there is kept as ${aside}.`;
    return `${path} is now what is in ${file}, ${origin}:\n${describeHoldings(holdings)}${kept}`;
  },
});
