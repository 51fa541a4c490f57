/** The options with which Node runs a module in a thread. */
export interface ThreadProgram {
  filename: string;
  execArgv: string[];
}

/**
 * Finds a module of this project to run in a thread. `path` has no extension: it is `.js` in a build and `.ts` in the sources
 * (`npm run dev`), which the thread needs a loader for.
 */
export function threadProgram(path: string): ThreadProgram {
  if (__filename.endsWith('.js')) return { filename: `${path}.js`, execArgv: [] };
  return { filename: `${path}.ts`, execArgv: ['--require', require.resolve('tsx/cjs')] };
}
