import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseConfig } from '../../src/config/database';
import { builtProgram, endProcesses, type ServerProcess, startProcess } from '../../testkit/serverProcess';

export type CommandName = 'backup' | 'restore' | 'copy' | 'migrate' | 'user';

/** A folder for each test. Commands run in it, by default on the database `sqlite://./chat.db`. */
export class CommandSandbox {
  directory = '';

  /** Creates the folder before each test of the file. After it, ends all processes and removes the folder. */
  static use(): CommandSandbox {
    const sandbox = new CommandSandbox();
    // Only what was created here is removed: a file may name another folder, and no folder is created if its `beforeAll` fails.
    let created: string | null = null;
    beforeEach(() => {
      created = mkdtempSync(join(tmpdir(), 'smart-chat-data-'));
      sandbox.directory = created;
    });
    afterEach(() => {
      endProcesses();
      if (created !== null) rmSync(created, { recursive: true, force: true });
      created = null;
    });
    return sandbox;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  files(): string[] {
    return readdirSync(this.directory).toSorted();
  }

  startServer(url = 'sqlite://./chat.db'): ServerProcess {
    return startProcess(this.directory, { DATABASE_URL: url });
  }

  start(name: CommandName, args: string[], url = 'sqlite://./chat.db'): ServerProcess {
    const program = [builtProgram('cli'), name, ...args];
    return startProcess(this.directory, { DATABASE_URL: url }, program);
  }

  /** Runs a command and returns its output. Throws an error with the output unless it exits with this code. */
  async run(name: CommandName, args: string[], code = 0, url?: string): Promise<string> {
    const command = this.start(name, args, url);
    // A process may exit before its output is read.
    const outputEnded = once(command.child, 'close');
    const exited = await command.exited;
    await outputEnded;
    if (exited !== code) throw new Error(`${name} ended with ${exited}:\n${command.output()}`);
    return command.output();
  }

  /** Kills a command once it has printed `when`. Returns its exit code, or the signal that ended it. */
  async kill(
    command: ServerProcess,
    signal: NodeJS.Signals,
    when: string,
  ): Promise<number | NodeJS.Signals | null> {
    const printed = new Promise<void>((resolve) => {
      const look = () => command.output().includes(when) && resolve();
      command.child.stdout?.on('data', look);
      look();
    });
    await Promise.race([printed, command.exited]);
    command.child.kill(signal);
    return command.exited;
  }
}

/** Returns the URL of the database. */
export function urlOf(database: DatabaseConfig): string {
  return database.kind === 'sqlite' ? `sqlite://${database.path}` : database.url;
}
