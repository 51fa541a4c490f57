/** What Node needs to run a module in a thread of its own. */
export interface ThreadProgram {
  filename: string;
  execArgv: string[];
}

/** On Node 22 its own SQLite announces itself as experimental; that is no news for whoever starts the server. */
const QUIET = ['--disable-warning=ExperimentalWarning'];

/**
 * Finds a module of this project to run in a thread. `path` has no extension: the module has that of the program, which is
 * `.js` once built and `.ts` where it runs from source (tests, `npm run dev`), and then the thread needs the same loader.
 */
export function threadProgram(path: string): ThreadProgram {
  if (__filename.endsWith('.js')) return { filename: `${path}.js`, execArgv: QUIET };
  return { filename: `${path}.ts`, execArgv: [...QUIET, '--require', require.resolve('tsx/cjs')] };
}
