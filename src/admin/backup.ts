import { loadEnvironment, readDatabaseConfig } from '../config/readConfig';
import { runCommand } from './command';
import { requireSqlite } from './requireSqlite';
import { backUpDatabase } from './sqlite/backup';
import { describeHoldings } from './texts';

/** `npm run backup -- FILE`: writes the SQLite database of `DATABASE_URL` to a new file, while servers use it. */
void runCommand({
  usage: 'npm run backup -- FILE',
  arguments: 1,
  interrupted: 'There is no backup, and nothing was left behind.',
  async run([file = ''], progress) {
    const path = requireSqlite(readDatabaseConfig(loadEnvironment()), 'mongodump');
    const holdings = await backUpDatabase(path, file, progress);
    return `${file} holds what ${path} held, read back and compared:\n${describeHoldings(holdings)}`;
  },
});
