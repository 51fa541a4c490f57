import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { databaseName } from '../config/database';
import { ConfigError, loadEnvironment, readDatabaseConfig } from '../config/readConfig';
import { isSystemError } from '../utils/systemError';

/** An expected failure. The message says what is wrong and what to do, and contains no password. */
export class AdminError extends Error {}

/** Prints one line when a step of a program begins. */
export type Report = (step: string) => void;

/** The values of the options of a command line, by name. */
export type Options = Readonly<Record<string, string | boolean | undefined>>;

export interface Command {
  /** The command line that runs it, after the name of the program. */
  usage: string;
  /** One line for the list of commands. */
  summary: string;
  /** Further lines of its help. */
  help?: string;
  /** The number of arguments, all of them required. */
  arguments: number;
  options?: Readonly<Record<string, { type: 'string' | 'boolean' }>>;
  /** The state after an interruption, as a sentence. A command without it handles signals itself. */
  interrupted?: string;
  /** Does the work, and returns the text to print at the end. With null the process goes on, as that of a server. */
  run(args: readonly string[], report: Report, options: Options): Promise<string | null>;
}

export const PROGRAM = 'smart-chat-server';

/** The system's codes for a file or folder that is missing, not accessible, or on a full or broken disk. */
const FILE_ERRORS = ['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EIO'];

/** The command line is wrong. */
export class UsageError extends AdminError {}

/**
 * Runs the command that `argv` names. Exits with 0 on success, with 1 and a message on stderr after a failure, with 2 if the command
 * line is wrong, and with 128 plus the number of the signal after an interruption.
 */
export async function runCommandLine(
  commands: Readonly<Record<string, Command>>,
  argv: readonly string[],
  readVersion: () => string,
): Promise<void> {
  process.stdout.on('error', ignoreClosedPipe);
  const [name = '--help', ...rest] = argv;
  try {
    if (name === '--version') return printLine(readVersion());
    if (['--help', '-h', 'help'].includes(name)) return printLine(listOf(commands));
    const command = commands[name];
    if (!command) throw new UsageError(`There is no command "${name}". "${PROGRAM} --help" lists all.`);
    if (rest.includes('--help') || rest.includes('-h')) return printLine(helpOf(command));
    const { positionals, values } = readArguments(command, rest);
    if (command.interrupted !== undefined) exitOnSignals(command.interrupted);
    const result = await command.run(positionals, printLine, values);
    if (result === null) return;
    printLine(result);
    process.exit(0);
  } catch (error) {
    const message = failureMessage(error);
    if (message === null) throw error;
    process.stderr.write(`${message}\n`);
    process.exit(error instanceof UsageError ? 2 : 1);
  }
}

function listOf(commands: Readonly<Record<string, Command>>): string {
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(9)} ${summary}`);
  return `${PROGRAM} COMMAND

${lines.join('\n')}

"${PROGRAM} COMMAND --help" says more. Settings come from the environment and from the file .env in the working directory.`;
}

function helpOf({ usage, summary, help }: Command): string {
  return `Usage: ${PROGRAM} ${usage}\n\n${summary}.${help === undefined ? '' : `\n${help}`}`;
}

/** Returns the path of the SQLite database in `DATABASE_URL`. For MongoDB, throws an error that names the tool to use instead. */
export function readSqlitePath(mongoTool: string): string {
  const database = readDatabaseConfig(loadEnvironment());
  if (database.kind === 'sqlite') return database.path;
  throw new AdminError(
    `DATABASE_URL names ${databaseName(database)}, but this command is for SQLite: use ${mongoTool}, or copy everything ` +
      'with "smart-chat-server copy FROM_URL TO_URL".',
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

function readArguments(
  { usage, arguments: count, options = {} }: Command,
  args: readonly string[],
): { positionals: readonly string[]; values: Options } {
  const line = `Usage: ${PROGRAM} ${usage}`;
  const parsed = parseArgs({ args: [...args], allowPositionals: true, strict: false, tokens: true, options });
  const values: Record<string, string | true> = {};
  for (const token of parsed.tokens) {
    if (token.kind !== 'option') continue;
    const problem = optionProblem(options[token.name]?.type, token.value);
    if (problem !== null) throw new UsageError(problem.replace('OPTION', token.rawName) + line);
    values[token.name] = token.value ?? true;
  }
  const { positionals } = parsed;
  if (positionals.length === count && !positionals.includes('')) return { positionals, values };
  throw new UsageError(line);
}

function optionProblem(type: 'string' | 'boolean' | undefined, value: string | undefined): string | null {
  if (type === undefined) return 'Unknown option OPTION. ';
  if (type === 'string') return value ? null : 'OPTION needs a value. ';
  return value === undefined ? null : 'OPTION takes no value. ';
}

/** A reader that stops early, such as `head`, must not end the work. */
function ignoreClosedPipe(error: Error): void {
  if (!isSystemError(error, 'EPIPE')) throw error;
}

const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

/**
 * Exits at the first signal. Temporary files are removed by `exit` listeners. The exit waits for the statement that the database thread
 * runs, such as a migration of minutes: a second signal ends the process at once.
 */
function exitOnSignals(state: string): void {
  const exit = (signal: (typeof SIGNALS)[number]) => {
    process.stderr.write(`Interrupted. ${state}\n`);
    for (const each of SIGNALS) process.off(each, exit);
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of SIGNALS) process.on(signal, exit);
}

/** Null for an unexpected error, which is to be reported with its stack. */
function failureMessage(error: unknown): string | null {
  if (error instanceof AdminError || error instanceof ConfigError) return error.message;
  return error instanceof Error && FILE_ERRORS.some((code) => isSystemError(error, code))
    ? `A file can't be read or written: ${error.message}.`
    : null;
}
