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
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return '';
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
