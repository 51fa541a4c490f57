import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { type DestinationStream, type LevelWithSilent, pino } from 'pino';
import { waitAtMost } from './clock';

/** How many bytes may wait for a reader. Further lines are dropped. */
const MAX_UNREAD_BYTES = 1_048_576;

/** Called when lines can be written again, with the number of lines that were dropped until then. */
type OnDropped = (lines: number) => void;

/**
 * Writes lines to stdout without waiting for its reader: a log driver that stalls must not stop the server, use up its memory or
 * delay its exit. Lines that can't be written are dropped.
 */
export function stdoutOutput(onDropped: OnDropped): DestinationStream {
  // For files and devices Node.js has another class, which can't be used any more after an error.
  const stdout: Writable = process.stdout;
  return stdout instanceof Socket ? new StreamOutput(stdout, onDropped) : new FileOutput(1, onDropped);
}

/** Waits until what was written to stdout is read, at most for this time. */
export function flushStdout(milliseconds: number): Promise<void> {
  return waitAtMost(milliseconds, new Promise((resolve) => process.stdout.write('', resolve)));
}

/** Writes to a pipe or a terminal. Once it is closed by its reader, lines are discarded. */
export class StreamOutput implements DestinationStream {
  private dropped = 0;

  constructor(
    private readonly stream: Writable,
    private readonly onDropped: OnDropped,
  ) {
    // A pipe without a reader must not end the process. Several outputs may share the stream.
    if (stream.listenerCount('error') === 0) stream.on('error', () => {});
  }

  write(line: string): void {
    if (this.stream.errored) return;
    if (this.stream.writableLength <= MAX_UNREAD_BYTES) {
      this.stream.write(line);
      return;
    }
    if (this.dropped === 0) this.stream.once('drain', () => this.report());
    this.dropped += 1;
  }

  private report(): void {
    const { dropped } = this;
    this.dropped = 0;
    this.onDropped(dropped);
  }
}

/** Writes to a file, whose disk may be full. */
export class FileOutput implements DestinationStream {
  private dropped = 0;
  /** Whether the latest line was written only in part. */
  private isTorn = false;

  constructor(
    private readonly file: number,
    private readonly onDropped: OnDropped,
  ) {}

  write(line: string): void {
    if (!this.isWritten(line)) {
      this.dropped += 1;
      return;
    }
    const { dropped } = this;
    this.dropped = 0;
    if (dropped > 0) this.onDropped(dropped);
  }

  private isWritten(line: string): boolean {
    const bytes = Buffer.from(this.isTorn ? `\n${line}` : line);
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.file, bytes, written);
      this.isTorn = false;
      return true;
    } catch {
      this.isTorn ||= written > 0;
      return false;
    }
  }
}

/** Without child loggers, as their fields would not be searched for secrets. */
export type Logger = Pick<pino.BaseLogger, 'debug' | 'info' | 'warn' | 'error' | 'fatal'> &
  Pick<pino.Logger, 'isLevelEnabled'>;

const SECRETS: ReadonlySet<string> = new Set([
  'authorization',
  'Authorization',
  'cookie',
  'token',
  'refreshToken',
  'password',
  'currentPassword',
  'newPassword',
  'passwordHash',
  'jwtSecrets',
]);
/** Deep enough for `req.headers.authorization`. */
const DEPTH = 3;

type Fields = Record<string, unknown>;

/**
 * Replaces the values of secrets, also in nested objects. An object without any is not copied. Pino's own `redact` copies each entry for
 * each level, and takes ten times as long as writing it.
 */
function withoutSecrets(fields: Fields, depth = DEPTH): Fields {
  let copy: Fields | null = null;
  for (const name in fields) {
    // Searched when pino has made fields of it.
    if (name === 'err' && depth === DEPTH) continue;
    const value = fields[name];
    const isSecret = SECRETS.has(name) && value !== undefined;
    const shown = isSecret ? '[Redacted]' : withoutNestedSecrets(value, depth - 1);
    if (shown === value) continue;
    copy ??= { ...fields };
    copy[name] = shown;
  }
  return copy ?? fields;
}

function withoutNestedSecrets(value: unknown, depth: number): unknown {
  if (depth === 0) return value;
  if (Array.isArray(value)) return value.map((item) => withoutNestedSecrets(item, depth - 1));
  return isFields(value) ? withoutSecrets(value, depth) : value;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

/** The names and ANSI colors of pino's levels. */
const LEVELS: Readonly<Record<number, readonly [name: string, color: number]>> = {
  10: ['TRACE', 90],
  20: ['DEBUG', 90],
  30: ['INFO', 32],
  40: ['WARN', 33],
  50: ['ERROR', 31],
  60: ['FATAL', 31],
};
const PLAIN_TEXT = /^[\w./:@-]+$/;

/** Makes lines of JSON readable for people: the time of day, the level, the message and the fields. */
export function prettyOutput(output: DestinationStream, hasColors: boolean): DestinationStream {
  const color = (code: number, text: string) => (hasColors ? `\u001b[${code}m${text}\u001b[0m` : text);
  return {
    write(line) {
      const { level, time, msg, err, pid: _pid, hostname: _host, ...fields } = JSON.parse(line);
      const [name, code] = LEVELS[level] ?? [String(level), 0];
      const shown = Object.entries(fields).map(([key, value]) => `${color(90, `${key}=`)}${toText(value)}`);
      const text = [new Date(time).toLocaleTimeString('en-GB'), color(code, name), msg ?? '', ...shown];
      const cause = err
        ? `\n  ${withoutControls(err.stack ?? err.message ?? toText(err)).replaceAll('\n', '\n  ')}`
        : '';
      output.write(`${text.join(' ')}${cause}\n`);
    },
  };
}

function toText(value: unknown): string {
  if (typeof value === 'string' && PLAIN_TEXT.test(value)) return value;
  return withoutControls(JSON.stringify(value));
}

/** A terminal would execute control characters. */
function withoutControls(text: string): string {
  return text.replace(/[^\P{Cc}\n]/gu, '\ufffd');
}

/** Lines for people in a terminal, JSON elsewhere. */
function standardOutput(onDropped: OnDropped): DestinationStream {
  const output = stdoutOutput(onDropped);
  return process.stdout.isTTY ? prettyOutput(output, process.stdout.hasColors()) : output;
}

/**
 * Creates a logger that writes each entry as a line of JSON, by default to stdout; in a terminal as a line for people. Errors are passed as `err`. Properties with
 * the names of tokens, passwords and authorization headers are replaced by `[Redacted]`, at most two objects deep. Texts are not
 * searched. Logging to stdout never waits for its reader: what can't be written is dropped, and a later entry says how many lines.
 */
export function createLogger(level: LevelWithSilent, destination?: DestinationStream): Logger {
  const logger: Logger = pino(
    {
      level,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { log: (fields) => withoutSecrets(fields) },
      serializers: { err: (error) => withoutSecrets(pino.stdSerializers.err(error), DEPTH - 1) },
    },
    destination ?? standardOutput((lines) => logger.error({ lines }, 'log lines dropped')),
  );
  return logger;
}
