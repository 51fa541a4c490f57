import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtProgram, endProcesses, type ServerProcess, startProcess } from '../../testkit/serverProcess';

export type CommandName = 'backup' | 'restore' | 'copy';

/** A folder for each test, in which commands run on the database `sqlite://./chat.db`. */
export class Workplace {
  directory = '';

  /** Makes the folder before each test of the file, and removes it and ends all processes after it. */
  static use(): Workplace {
    const workplace = new Workplace();
    beforeEach(() => {
      workplace.directory = mkdtempSync(join(tmpdir(), 'smart-chat-data-'));
    });
    afterEach(() => {
      endProcesses();
      rmSync(workplace.directory, { recursive: true, force: true });
    });
    return workplace;
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
    const program = [builtProgram(`admin/${name}`), ...args];
    return startProcess(this.directory, { DATABASE_URL: url }, program);
  }

  /** Runs a command to its end; throws its output unless it ends with this code. */
  async run(name: CommandName, args: string[], code = 0, url?: string): Promise<string> {
    const command = this.start(name, args, url);
    const exited = await command.exited;
    if (exited !== code) throw new Error(`${name} ended with ${exited}:\n${command.output()}`);
    return command.output();
  }

  /** Starts a command and kills it when it has printed this. Returns what ended it. */
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
