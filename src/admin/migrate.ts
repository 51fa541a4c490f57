import { loadEnvironment, readDatabaseConfig } from '../config/readConfig';
import { openFailure, openStore } from '../stores/open';
import { AdminError, runCommand } from './command';

/** `npm run db:migrate`: migrates the database to the newest schema without serving. The server does the same when it starts. */
void runCommand({
  usage: 'npm run db:migrate',
  arguments: 0,
  interrupted: 'The database has the newest schema, or is unchanged.',
  async run() {
    const database = readDatabaseConfig(loadEnvironment());
    const store = await openStore(database).catch((error: unknown) => {
      const reason = openFailure(error, database);
      throw reason === null ? error : new AdminError(reason);
    });
    await store.close();
    return 'The database has the newest schema.';
  },
});
