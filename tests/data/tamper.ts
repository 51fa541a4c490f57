/**
 * Preloaded into a command. Each time the command prints, a separate process tries to change the database file that the
 * command is writing, until it succeeds. So the change happens between two steps, as soon as the file is not locked.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

const { TAMPER_FILE = '', TAMPER_SQL = '' } = process.env;
const CHANGE = `
  const { DatabaseSync } = require(process.argv[1]);
  const database = new DatabaseSync(process.argv[2], { timeout: 0 });
  database.exec(process.argv[3]);
  database.close();
`;
let hasChanged = false;

function tamper(): void {
  if (hasChanged) return;
  const folder = readdirSync('.').find((name) => name.startsWith(`${TAMPER_FILE}.partial-`));
  const path = `${folder}/chat.db`;
  if (!existsSync(path)) return;
  const driver = require.resolve('@photostructure/sqlite');
  try {
    execFileSync(process.execPath, ['-e', CHANGE, driver, path, TAMPER_SQL], { stdio: 'ignore' });
    hasChanged = true;
  } catch {
    // Locked, or not a complete database yet.
  }
}

process.stdout.write = new Proxy(process.stdout.write, {
  apply(write, stdout, parameters) {
    tamper();
    return Reflect.apply(write, stdout, parameters);
  },
});
