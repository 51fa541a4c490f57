import { freePort } from './freePort';
import { SERVER, type ServerProcess, startProcess } from './serverProcess';

/** A server process that is killed and started again, always on the same port and database. */
export class KilledServer {
  private process: ServerProcess | null = null;

  private constructor(
    readonly url: string,
    private readonly directory: string,
    private readonly environment: Record<string, string>,
    private readonly command: readonly string[],
  ) {}

  /** It keeps its files in `directory`; `environment` is all it is told besides where to listen. */
  static async create(
    directory: string,
    environment: Record<string, string>,
    command: readonly string[] = SERVER,
  ): Promise<KilledServer> {
    const port = await freePort();
    const complete = { ...UNLIMITED, ...environment, PORT: String(port) };
    return new KilledServer(`http://127.0.0.1:${port}`, directory, complete, command);
  }

  /** Resolves when it listens; rejects with what it printed if it ends instead. */
  async start(): Promise<void> {
    this.process = startProcess(this.directory, this.environment, this.command);
    await this.process.listening;
  }

  /** Sends a signal and resolves, once it has ended, with its exit code or the signal that ended it. */
  async end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    this.process?.child.kill(signal);
    return this.process?.exited ?? null;
  }
}

/** Faults are to be found by load, not kept away by limits. */
export const UNLIMITED = {
  JWT_SECRET: 'a secret that is long enough for every test',
  LOG_LEVEL: 'warn',
  AUTH_RATE_PER_MINUTE: '0',
  CONNECT_RATE_PER_MINUTE: '0',
  MESSAGE_RATE_PER_SECOND: '0',
  BCRYPT_ROUNDS: '10',
};
