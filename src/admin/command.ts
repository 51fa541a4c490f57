import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { ConfigError } from '../config/readConfig';
import { isSystemError } from '../utils/systemError';
import { Progress } from './progress';
import { TransferError } from './transfer/transfer';

/** Why a command ends without having done its work, as text for who runs it. */
export class CommandFailure extends Error {}

export interface Command {
  /** The line that shows how to run it. */
  usage: string;
  /** How many arguments it takes. */
  arguments: number;
  /** What is said when it is interrupted: how things are then. */
  interrupted: string;
  /** Does the work, and returns what to say of it. */
  run(args: readonly string[], progress: Progress): Promise<string>;
}

/** Runs a command with the arguments of this process, which ends with 0 only if the work is done. */
export async function runCommand(command: Command): Promise<void> {
  const progress = new Progress(process.stdout);
  process.stdout.on('error', goOnUnread);
  endOnSignals(command.interrupted, progress);
  try {
    const report = await command.run(readArguments(command), progress);
    progress.end();
    process.stdout.write(`${report}\n`);
    process.exit(0);
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === null) throw error;
    progress.end();
    process.stderr.write(`${reason}\n`);
    process.exit(1);
  }
}

function readArguments(command: Command): readonly string[] {
  const { positionals, tokens } = parseArgs({ allowPositionals: true, strict: false, tokens: true });
  const option = tokens.find(({ kind }) => kind === 'option');
  if (option?.kind === 'option')
    throw new CommandFailure(`There is no option ${option.rawName}. Run it as: ${command.usage}`);
  if (positionals.length === command.arguments && positionals.every((text) => text !== ''))
    return positionals;
  throw new CommandFailure(`Run it as: ${command.usage}`);
}

/** Whoever reads the output may stop reading, as `head` does: the work goes on. */
function goOnUnread(error: Error): void {
  if (!isSystemError(error, 'EPIPE')) throw error;
}

/** Ends the process at once; what tidies up does so when the process exits. */
function endOnSignals(interrupted: string, progress: Progress): void {
  const end = (signal: 'SIGHUP' | 'SIGINT' | 'SIGTERM') => {
    progress.end();
    process.stderr.write(`Interrupted. ${interrupted}\n`);
    process.exit(128 + constants.signals[signal]);
  };
  process.on('SIGHUP', end);
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
}

function reasonOf(error: unknown): string | null {
  const isForeseen =
    error instanceof CommandFailure || error instanceof TransferError || error instanceof ConfigError;
  if (isForeseen) return error.message;
  return FILE_ERRORS.some((code) => isSystemError(error, code)) && error instanceof Error
    ? `A file can't be read or written: ${error.message}.`
    : null;
}

/** What the system says of a folder that is missing, closed or full. */
const FILE_ERRORS = ['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EIO'];
