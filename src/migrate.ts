import { type Config, ConfigError, loadEnvironment, readConfig } from './config';
import { startFailure } from './startTexts';
import { openStore } from './stores/openStore';

/** Brings the database to the newest schema without serving; the server does the same whenever it starts. */
async function main(): Promise<void> {
  const config = configure();
  try {
    const store = await openStore(config.database);
    await store.close();
    process.stdout.write('The database has the newest schema.\n');
  } catch (error) {
    const reason = startFailure(error, config);
    if (reason === null) throw error;
    process.stderr.write(`${reason}\n`);
    process.exit(1);
  }
}

function configure(): Config {
  try {
    return readConfig(loadEnvironment()).config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

void main();
