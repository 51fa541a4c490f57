/** What Node needs to run a module in a thread of its own. */
export interface ThreadProgram {
  filename: string;
  execArgv: string[];
}

/**
 * Finds a module of this project to run in a thread. `path` has no extension: the module has that of the program, which is
 * `.js` once built and `.ts` where it runs from source (tests, `npm run dev`), and then the thread needs the same loader.
 */
export function threadProgram(path: string): ThreadProgram {
  if (__filename.endsWith('.js')) return { filename: `${path}.js`, execArgv: [] };
  return { filename: `${path}.ts`, execArgv: ['--require', require.resolve('tsx/cjs')] };
}
