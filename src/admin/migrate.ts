import { loadEnvironment, readDatabaseConfig } from '../config/readConfig';
import { openFailure, openStore } from '../stores/open';
import { CommandFailure, runCommand } from './command';

/** `npm run db:migrate`: brings the database to the newest schema without serving; the server does so whenever it starts. */
void runCommand({
  usage: 'npm run db:migrate',
  arguments: 0,
  interrupted: 'The database is as it was, or has the newest schema.',
  async run() {
    const database = readDatabaseConfig(loadEnvironment());
    const store = await openStore(database).catch((error: unknown) => {
      const reason = openFailure(error, database);
      throw reason === null ? error : new CommandFailure(reason);
    });
    await store.close();
    return 'The database has the newest schema.';
  },
});
