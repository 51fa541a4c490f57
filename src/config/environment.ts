import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { parse } from 'dotenv';
import { isSystemError } from '../utils/systemError';
import { InvalidValue, quote } from './values';

/** The configuration is invalid. `problems` names every invalid variable, and contains no secret. */
export class ConfigError extends Error {
  constructor(readonly problems: string[]) {
    super(`The configuration is invalid:\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/**
 * The variables of this process: its environment, completed from the file if there is one. A variable that is empty in the
 * environment counts as not set.
 */
export function loadEnvironment(file = '.env'): NodeJS.ProcessEnv {
  const set = Object.entries(process.env).filter(([, value]) => value?.trim());
  // Not written to `process.env`, so that child processes inherit no secret of the file.
  return { ...parse(readIfThere(file)), ...Object.fromEntries(set) };
}

function readIfThere(file: string): string {
  const bytes = readBytes(file);
  // In UTF-16, which PowerShell writes by default, each letter has a NUL beside it, and no variable would be found.
  if (isUtf8(bytes) && !bytes.includes(0)) return bytes.toString('utf8');
  throw new ConfigError([`The file ${quote(file)} is not text in UTF-8; save it as UTF-8.`]);
}

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return Buffer.alloc(0);
    throw new ConfigError([`The file ${quote(file)} can't be read: ${error}`]);
  }
}

export interface EnvironmentReader {
  /**
   * Parses a variable, or its default if it is not set. An invalid value is added to `problems` and replaced by the default,
   * so that one pass finds all of them.
   */
  read<T>(name: string, fallback: string, parse: (text: string) => T): T;
  readonly problems: string[];
  /** True if none of these variables is invalid, so that they can be compared. */
  allValid(...names: string[]): boolean;
}

/** Reads variables of an environment. Surrounding spaces are ignored, and an empty variable counts as not set. */
export function readEnvironment(env: NodeJS.ProcessEnv): EnvironmentReader {
  const problems: string[] = [];
  const invalid = new Set<string>();
  return {
    problems,
    allValid: (...names) => !names.some((name) => invalid.has(name)),
    read(name, fallback, parse) {
      try {
        return parse(env[name]?.trim() || fallback);
      } catch (error) {
        if (!(error instanceof InvalidValue)) throw error;
        problems.push(`${name} ${error.message}`);
        invalid.add(name);
        return parse(fallback);
      }
    },
  };
}
