/** The command `smart-chat-server`. Each command loads its program only when it runs. */
import { fork } from 'node:child_process';
import { readFileSync, type Stats, unwatchFile, watchFile } from 'node:fs';
import { join } from 'node:path';
import { AdminError, type Command, runCommandLine } from './admin/command';
import { loadEnvironment, readConfig } from './config/readConfig';

const USER_HELP = `
  list                                          all accounts
  create --username NAME --email EMAIL          prints a new password
  reset-password --username NAME                prints a new password; ends the logins
  disable --username NAME                       refuses logins (403), and ends those that exist
  enable --username NAME                        undoes "disable"
  delete --username NAME                        deletes the account with all its chats

--email EMAIL names an existing account, too. --password-stdin reads the password of "create" and "reset-password" from the standard input instead of making one up.`;

const COMMANDS: Readonly<Record<string, Command>> = {
  start: {
    usage: 'start',
    summary: 'Serves. Without settings: for development, on port 3001, with its data in ./data',
    help: 'For production set NODE_ENV=production and JWT_SECRET. All settings: see the README and .env.example.',
    arguments: 0,
    async run() {
      await import('./server.js');
      return null;
    },
  },
  dev: {
    usage: 'dev',
    summary: 'Serves for development, and restarts when .env or the module of RESPONDER changes',
    arguments: 0,
    async run() {
      serveAndRestart();
      return null;
    },
  },
  demo: {
    usage: 'demo',
    summary: 'Serves with a scripted model that streams its replies; deletes its data at the end',
    help: 'PORT chooses the port.',
    arguments: 0,
    async run() {
      const { runDemo } = await import('./demo.js');
      await runDemo().catch((error: Error) => {
        throw new AdminError(error.message);
      });
      return null;
    },
  },
  seed: {
    usage: 'seed',
    summary: 'Adds accounts with chats and 2,000 messages, and prints their logins; not in production',
    arguments: 0,
    interrupted: 'The database may have a part of the chats.',
    run: async () => (await import('./admin/accounts.js')).seed(),
  },
  user: {
    usage: 'user list|create|reset-password|disable|enable|delete [--username NAME] [--email EMAIL]',
    summary: 'Manages accounts',
    help: USER_HELP,
    arguments: 1,
    options: {
      username: { type: 'string' },
      email: { type: 'string' },
      'password-stdin': { type: 'boolean' },
    },
    interrupted: 'The account may or may not be changed: run "user list".',
    run: async (args, _report, options) => (await import('./admin/accounts.js')).manageUsers(args, options),
  },
  token: {
    usage: 'token --username NAME',
    summary: 'Logs a user in without a password, and prints the access token, such as for tests and scripts',
    help: `--email EMAIL names the account, too. The token is valid for JWT_EXPIRES_IN, on a server with the same DATABASE_URL and
JWT_SECRET: run it in the folder of the server, whose .env and data/ have them.`,
    arguments: 0,
    options: { username: { type: 'string' }, email: { type: 'string' } },
    interrupted: 'There may be a new login.',
    run: async (_args, _report, options) => (await import('./admin/accounts.js')).printToken(options),
  },
  chat: {
    usage: 'chat --username NAME [--url URL] [--session ID]',
    summary: 'Chats with a server in the terminal',
    help: `The default of --url is http://localhost:3001. It asks for the password, or reads it from the first line of the standard
input. Each further line is a message. Ctrl+C or Ctrl+D ends it.`,
    arguments: 0,
    options: { username: { type: 'string' }, url: { type: 'string' }, session: { type: 'string' } },
    run: async (_args, _report, options) => (await import('./admin/chat.js')).chat(options),
  },
  migrate: {
    usage: 'migrate',
    summary: 'Migrates the database to the newest schema without serving, as "start" does too',
    arguments: 0,
    interrupted: 'The database has the newest schema, or is unchanged.',
    run: async (_args, report) => (await import('./admin/maintenance.js')).migrate(report),
  },
  backup: {
    usage: 'backup FILE',
    summary: 'Copies the SQLite database to a new file, also while a server uses it',
    arguments: 1,
    interrupted: 'There is no backup, and nothing was left behind.',
    run: async (args, report) => (await import('./admin/backup.js')).backUp(args, report),
  },
  restore: {
    usage: 'restore FILE',
    summary: 'Replaces the SQLite database by a backup; no server may use it',
    arguments: 1,
    interrupted: 'The database is unchanged.',
    run: async (args, report) => (await import('./admin/backup.js')).restore(args, report),
  },
  copy: {
    usage: 'copy FROM_URL TO_URL',
    summary: 'Copies everything to an empty database, such as from SQLite to MongoDB',
    arguments: 2,
    interrupted:
      'The target is not complete, and no server will use it: run the same command again to start anew.',
    run: async (args, report) => (await import('./admin/copy.js')).copy(args, report),
  },
  health: {
    usage: 'health',
    summary: 'Exits with 0 if the configured server is ready',
    arguments: 0,
    interrupted: 'Nothing was changed.',
    run: async () => (await import('./admin/maintenance.js')).checkHealth(),
  },
};

/** How often the files of a development server are looked at, in milliseconds. */
const WATCH_MS = 300;

/**
 * Runs `start` in a process of its own, and starts it again after each change of a file. The first signal stops both gracefully, the
 * second one at once.
 */
function serveAndRestart(): void {
  let files: readonly string[] = [];
  let isStopping = false;
  const startServer = () => {
    let isRestarting = false;
    files = ['.env', ...responderFiles()];
    // A terminal interrupts a process group: the server would take its own Ctrl+C and the signal from here for two. Windows would
    // open a window for the server.
    const server = fork(process.argv[1] ?? '', ['start'], { detached: process.platform !== 'win32' });
    // Also called once, without a change, for a file that doesn't exist.
    const restart = (now: Stats, before: Stats) => {
      if (now.mtimeMs === before.mtimeMs) return;
      isRestarting = true;
      server.kill('SIGTERM');
    };
    for (const file of files) watchFile(file, { interval: WATCH_MS }, restart);
    stop = () => server.kill('SIGTERM');
    server.once('exit', (code) => {
      for (const file of files) unwatchFile(file, restart);
      if (isStopping || !isRestarting) process.exit(code ?? 1);
      startServer();
    });
  };
  let stop = () => false;
  startServer();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      isStopping = true;
      stop();
    });
  }
}

/** The server itself reports a configuration that is invalid. */
function responderFiles(): string[] {
  try {
    const { responder } = readConfig(loadEnvironment()).config;
    return responder.kind === 'module' ? [responder.path] : [];
  } catch {
    return [];
  }
}

function readVersion(): string {
  const { version }: { version: string } = JSON.parse(
    readFileSync(join(__dirname, '../package.json'), 'utf8'),
  );
  return version;
}

void runCommandLine(COMMANDS, process.argv.slice(2), readVersion);
