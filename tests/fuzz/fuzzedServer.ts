import { existsSync, readFileSync, rmSync } from 'node:fs';
import {
  builtProgram,
  createTemporaryFolder,
  type ServerProcess,
  startProcess,
  TEST_ENVIRONMENT,
} from '../../testkit/serverProcess';
import { documentedFetch } from '../support/documents/fetch';
import { excerpt, Fault } from './fault';
import { patiently } from './patience';

/** What a server prints that has let something slip: Node's own warnings and ends, or an error of its log. */
const TROUBLE = /unhandled|uncaught|\(node:\d+\)|"level":[56]0/i;

/** A built server in a process of its own, on a new database, without limits of rates. */
export class FuzzedServer {
  hasEnded = false;

  private constructor(
    private readonly process: ServerProcess,
    private readonly directory: string,
    readonly url: string,
  ) {
    void process.exited.then(() => {
      this.hasEnded = true;
    });
  }

  static async start(command: readonly string[] = [builtProgram('server')]): Promise<FuzzedServer> {
    const directory = createTemporaryFolder();
    const environment = { ...TEST_ENVIRONMENT, DATABASE_URL: 'sqlite://./chat.db' };
    const process = startProcess(directory, environment, command);
    return new FuzzedServer(process, directory, await process.listening);
  }

  /** Resident memory in MB, or null where the system doesn't tell. */
  memory(): number | null {
    const path = `/proc/${this.process.child.pid}/status`;
    const kilobytes = existsSync(path) ? /VmRSS:\s+(\d+)/.exec(readFileSync(path, 'utf8'))?.[1] : undefined;
    return kilobytes === undefined ? null : Math.round(Number(kilobytes) / 1024);
  }

  /** Throws if the server has ended. */
  checkAlive(): void {
    if (this.hasEnded) throw new Fault('crash', `the server has ended: ${tail(this.process.output())}`);
  }

  /** Resolves when it is known whether the server lives: a connection breaks before its process has ended. */
  async settle(): Promise<void> {
    try {
      await documentedFetch(`${this.url}/healthz`);
    } catch {
      await patiently(this.process.exited, 'a server that doesn’t answer');
    }
  }

  /** Throws if the server has printed what it shouldn't. It is asked once: what was printed stays. */
  checkOutput(): void {
    const trouble = this.process
      .output()
      .split('\n')
      .find((line) => TROUBLE.test(line));
    if (trouble !== undefined)
      throw new Fault('serverError', `the server printed: ${excerpt(trouble, 4000)}`);
  }

  /** Stops it as an operator does; throws unless it ends well. */
  async stop(): Promise<void> {
    this.process.child.kill('SIGTERM');
    const code = await patiently(this.process.exited, 'the end of the server');
    if (code !== 0) throw new Fault('crash', `the server ended with ${code}: ${tail(this.process.output())}`);
  }

  /** Ends it in any case, and removes its files. */
  async remove(): Promise<void> {
    this.process.child.kill('SIGKILL');
    await this.process.exited;
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The end of an output, where it says what ended the program. */
function tail(output: string): string {
  return output.slice(-4000);
}
