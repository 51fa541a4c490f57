import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { databaseName } from '../config/database';
import { ConfigError, loadEnvironment, readDatabaseConfig } from '../config/readConfig';
import { isSystemError } from '../utils/systemError';

/** An expected failure. The message says what is wrong and what to do, and contains no password. */
export class AdminError extends Error {}

/** Prints one line when a step of a program begins. */
export type Report = (step: string) => void;

export interface Command {
  /** The command line that runs it. */
  usage: string;
  /** The number of arguments, all of them required. */
  arguments: number;
  /** The state after an interruption, as a sentence. */
  interrupted: string;
  /** Does the work, and returns the text to print at the end. */
  run(args: readonly string[], report: Report): Promise<string>;
}

/** The system's codes for a file or folder that is missing, not accessible, or on a full or broken disk. */
const FILE_ERRORS = ['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EIO'];

/**
 * Runs a program with the arguments of this process. Exits with 0 on success, with 1 and a message on stderr after a failure,
 * and with 128 plus the number of the signal after an interruption.
 */
export async function runCommand(command: Command): Promise<void> {
  process.stdout.on('error', ignoreClosedPipe);
  exitOnSignals(command.interrupted);
  try {
    const result = await command.run(readArguments(command), printLine);
    printLine(result);
    process.exit(0);
  } catch (error) {
    const message = failureMessage(error);
    if (message === null) throw error;
    process.stderr.write(`${message}\n`);
    process.exit(1);
  }
}

/** Returns the path of the SQLite database in `DATABASE_URL`. For MongoDB, throws an error that names the tool to use instead. */
export function readSqlitePath(mongoTool: string): string {
  const database = readDatabaseConfig(loadEnvironment());
  if (database.kind === 'sqlite') return database.path;
  throw new AdminError(
    `DATABASE_URL names ${databaseName(database)}, but this command is for SQLite: use ${mongoTool}, or copy everything ` +
      'with "npm run db:copy -- FROM_URL TO_URL".',
  );
}

/** Turns the errors of a database into `AdminError`s, and returns any other error unchanged. */
export type ErrorTranslator = (error: unknown) => unknown;

/** Runs `work`, and rejects with the translation of its error. */
export async function withTranslatedErrors<T>(
  translate: ErrorTranslator,
  work: () => T | Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translate(error);
  }
}

function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

function readArguments({ usage, arguments: count }: Command): readonly string[] {
  const { positionals, tokens } = parseArgs({ allowPositionals: true, strict: false, tokens: true });
  const option = tokens.find((token) => token.kind === 'option');
  if (option) throw new AdminError(`Unknown option ${option.rawName}. Usage: ${usage}`);
  if (positionals.length === count && !positionals.includes('')) return positionals;
  throw new AdminError(`Usage: ${usage}`);
}

/** A reader that stops early, such as `head`, must not end the work. */
function ignoreClosedPipe(error: Error): void {
  if (!isSystemError(error, 'EPIPE')) throw error;
}

/** Exits immediately. Temporary files are removed by `exit` listeners. */
function exitOnSignals(state: string): void {
  const exit = (signal: 'SIGHUP' | 'SIGINT' | 'SIGTERM') => {
    process.stderr.write(`Interrupted. ${state}\n`);
    process.exit(128 + constants.signals[signal]);
  };
  process.on('SIGHUP', exit);
  process.on('SIGINT', exit);
  process.on('SIGTERM', exit);
}

/** Null for an unexpected error, which is to be reported with its stack. */
function failureMessage(error: unknown): string | null {
  if (error instanceof AdminError || error instanceof ConfigError) return error.message;
  return error instanceof Error && FILE_ERRORS.some((code) => isSystemError(error, code))
    ? `A file can't be read or written: ${error.message}.`
    : null;
}
