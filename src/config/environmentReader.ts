import { Mistake } from './mistake';

export interface EnvironmentReader {
  /**
   * The value of a variable, or of its default when it is not set. A mistake in it is noted, and the default stands in,
   * so that one pass finds all mistakes.
   */
  read<T>(name: string, fallback: string, parse: (text: string) => T): T;
  /** The mistakes noted so far. */
  readonly problems: string[];
  /** Whether none of these variables has a mistake: only then is it worth comparing them. */
  allRight(...names: string[]): boolean;
}

/** Reads variables out of an environment. Spaces around a value don't count, and an empty one is not set. */
export function readEnvironment(env: NodeJS.ProcessEnv): EnvironmentReader {
  const problems: string[] = [];
  const wrong = new Set<string>();
  return {
    problems,
    allRight: (...names) => !names.some((name) => wrong.has(name)),
    read(name, fallback, parse) {
      try {
        return parse(env[name]?.trim() || fallback);
      } catch (error) {
        if (!(error instanceof Mistake)) throw error;
        problems.push(`${name} ${error.message}`);
        wrong.add(name);
        return parse(fallback);
      }
    },
  };
}
