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

/**
 * Warnings about names that are probably misspelt settings, as these would be ignored silently. Every other name of the file is reported; of
 * the environment, which other programs share, only one that is close to a setting. No warning contains a value.
 */
export function nameWarnings(settings: ReadonlySet<string>, file = '.env'): string[] {
  const inFile = unknownNames(parse(readIfThere(file)), settings);
  const nearby = misspeltNames(process.env, settings).filter(([name]) => !inFile.includes(name));
  const inEnvironment = nearby.map(([name, meant]) => withSuggestion(name, meant));
  return [
    ...(inFile.length > 0
      ? [
          ignored(
            file,
            inFile.map((name) => withSuggestion(name, nearest(name, settings, 3))),
          ),
        ]
      : []),
    ...(inEnvironment.length > 0 ? [ignored('The environment', inEnvironment)] : []),
  ];
}

/** The names that are probably misspelt settings, and which settings: null if only the prefix says that one is meant. */
export function misspeltNames(
  env: NodeJS.ProcessEnv,
  settings: ReadonlySet<string>,
): [string, string | null][] {
  return unknownNames(env, settings).flatMap((name): [string, string | null][] => {
    // Another first letter is another word, such as OAUTH_SECRET. Short names have too many neighbors, such as NODE_IP.
    const similar = [...settings].filter((each) => each.length >= 8 && each[0] === name[0]?.toUpperCase());
    const meant = nearest(name, similar, 2);
    return meant !== null || name.startsWith('RESPONDER_') ? [[name, meant]] : [];
  });
}

function unknownNames(env: NodeJS.ProcessEnv, settings: ReadonlySet<string>): string[] {
  return Object.keys(env).filter((name) => /^\w+$/.test(name) && env[name]?.trim() && !settings.has(name));
}

function withSuggestion(name: string, meant: string | null): string {
  return meant === null ? name : `${name} (did you mean ${meant}?)`;
}

function ignored(place: string, names: readonly string[]): string {
  return `${place} has names that are not settings and are ignored: ${names.join(', ')}.`;
}

/** The setting with the fewest mistakes to this name: up to one in five letters, and up to `limit`. Null if none is close. */
function nearest(name: string, settings: Iterable<string>, limit: number): string | null {
  const close = [...settings]
    .filter((setting) => Math.abs(setting.length - name.length) <= limit)
    .map((setting) => ({ setting, mistakes: editDistance(name.toUpperCase(), setting) }))
    .filter(({ setting, mistakes }) => mistakes <= Math.min(limit, Math.max(1, setting.length / 5)));
  return close.sort((a, b) => a.mistakes - b.mistakes)[0]?.setting ?? null;
}

/** How many letters must be added, removed, replaced or swapped with the next one to turn one text into another. */
function editDistance(from: string, to: string): number {
  // `rows[i][j]` is the distance of the first `i` letters to the first `j` letters.
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    rows.push(current);
    for (let column = 1; column <= to.length; column++) {
      const replaced = at(row - 1, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1);
      const isSwapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const swapped = row > 1 && column > 1 && isSwapped ? at(row - 2, column - 2) + 1 : replaced;
      current.push(Math.min(replaced, swapped, at(row - 1, column) + 1, at(row, column - 1) + 1));
    }
  }
  return at(from.length, to.length);
}

export interface EnvironmentReader {
  /**
   * Parses a variable, or its default if it is not set. An invalid value is added to `problems` and replaced by the default,
   * so that one pass finds all of them.
   */
  read<T>(name: string, fallback: string, parse: (text: string) => T): T;
  readonly problems: string[];
  /** The names of all variables that were read. */
  readonly names: ReadonlySet<string>;
  /** True if none of these variables is invalid, so that they can be compared. */
  allValid(...names: string[]): boolean;
}

/** Reads variables of an environment. Surrounding spaces are ignored, and an empty variable counts as not set. */
export function readEnvironment(env: NodeJS.ProcessEnv): EnvironmentReader {
  const problems: string[] = [];
  const invalid = new Set<string>();
  const names = new Set<string>();
  return {
    problems,
    names,
    allValid: (...names) => !names.some((name) => invalid.has(name)),
    read(name, fallback, parse) {
      names.add(name);
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
