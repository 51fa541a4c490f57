import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { builtProgram, endWithOthers } from '../serverProcess';
import { type Deferred, deferred } from '../waiting';
import type { Command, Report, ServerCalls } from './protocol';
import type { Replies } from './replies';

/** Beside this file in the package, and in the build of the server for the sources. */
const PROGRAM = __filename.endsWith('.js')
  ? join(__dirname, 'serverProgram.js')
  : builtProgram('testing/serverProgram');

export interface ServerChildOptions {
  databasePath: string;
  jwtSecret: string;
  settings: Readonly<Record<string, string>>;
  replies: Replies;
  /** Called when the process has ended, for whatever reason. */
  onExit(): void;
}

/** The server in a process of its own, which can be killed and started again on the same database. */
export class ServerChild {
  /** How long an access token is valid, in milliseconds. */
  tokenLifetimeMs = 0;
  private child: ChildProcess | null = null;
  private closed = false;
  private clockOffsetMs = 0;
  private calls = 0;
  private readonly results = new Map<number, Deferred<string | undefined>>();
  /** The replies that are being made, by the number of their request in this process. */
  private readonly streams = new Map<number, AsyncGenerator<string>>();

  constructor(private readonly options: ServerChildOptions) {}

  get isRunning(): boolean {
    return this.child !== null;
  }

  /** Whether it will never start again. */
  get isClosed(): boolean {
    return this.closed;
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.kill();
  }

  /** Resolves with the port. Rejects if the server can't start. */
  async start(): Promise<number> {
    // Neither loaders nor inspectors of the test's process.
    const child = fork(PROGRAM, [], { execArgv: [], env: { ...process.env, NODE_OPTIONS: '' } });
    this.child = child;
    endWithOthers(child);
    const listening = deferred<number>();
    child.on('message', (report: Report) => this.receive(child, report, listening));
    child.once('exit', () => {
      listening.reject(new Error('The server ended before it listened. Set LOG_LEVEL to "info" to see why.'));
      this.handleExit(child);
    });
    const { databasePath, jwtSecret, settings } = this.options;
    const { clockOffsetMs } = this;
    send(child, { type: 'start', databasePath, jwtSecret, settings, clockOffsetMs });
    try {
      return await listening.promise;
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  /** Ends the process at once, in the middle of whatever it does. */
  async kill(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Moves the clock, also of later processes. */
  async moveClock(milliseconds: number): Promise<void> {
    this.clockOffsetMs += milliseconds;
    if (this.child) await this.call('moveClock', this.clockOffsetMs);
  }

  async call<N extends keyof ServerCalls>(
    name: N,
    ...args: Parameters<ServerCalls[N]>
  ): Promise<Awaited<ReturnType<ServerCalls[N]>>> {
    const { child } = this;
    if (!child) throw new Error('The server is down: heal the fault that killed it first.');
    this.calls += 1;
    const id = this.calls;
    const result = deferred<string | undefined>();
    this.results.set(id, result);
    send(child, { type: 'call', id, name, args });
    const json = await result.promise;
    const { value }: { value: Awaited<ReturnType<ServerCalls[N]>> } = JSON.parse(
      `{"value":${json ?? 'null'}}`,
    );
    return value;
  }

  private receive(child: ChildProcess, report: Report, listening: Deferred<number>): void {
    switch (report.type) {
      case 'listening':
        this.tokenLifetimeMs = report.tokenLifetimeMs;
        listening.resolve(report.port);
        break;
      case 'notStarted':
        listening.reject(new Error(`The server can't start: ${report.message}`));
        break;
      case 'result':
        this.takeCall(report.id)?.resolve(report.json);
        break;
      case 'failed':
        this.takeCall(report.id)?.reject(new Error(report.message));
        break;
      case 'reply':
        void this.reply(child, report);
        break;
      case 'replyAborted':
        void this.streams.get(report.request)?.return(undefined);
        break;
    }
  }

  private takeCall(id: number): Deferred<string | undefined> | undefined {
    const result = this.results.get(id);
    this.results.delete(id);
    return result;
  }

  private async reply(
    child: ChildProcess,
    { request, prompt }: Extract<Report, { type: 'reply' }>,
  ): Promise<void> {
    const stream = this.options.replies.respond(prompt);
    this.streams.set(request, stream);
    try {
      for await (const text of stream) send(child, { type: 'piece', request, text });
      send(child, { type: 'replied', request });
    } catch (error) {
      send(child, { type: 'replyFailed', request, message: String(error) });
    } finally {
      this.streams.delete(request);
    }
  }

  private handleExit(child: ChildProcess): void {
    if (this.child !== child) return;
    this.child = null;
    for (const result of this.results.values()) result.reject(new Error('The server was killed.'));
    this.results.clear();
    this.streams.clear();
    this.options.onExit();
  }
}

/** A process that was killed receives nothing. */
function send(child: ChildProcess, command: Command): void {
  if (child.connected) child.send(command, () => {});
}
