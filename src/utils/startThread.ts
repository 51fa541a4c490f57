import { Worker, type WorkerOptions } from 'node:worker_threads';

/** On Node 22 its own SQLite announces itself as experimental; that is no news for whoever starts the server. */
const QUIET = ['--disable-warning=ExperimentalWarning'];

/**
 * Runs a module of this project in a thread of its own. `path` has no extension: the module has that of the program, which
 * is `.js` once built and `.ts` where it runs from source (tests, `npm run dev`), and then the thread needs the same loader.
 */
export function startThread(path: string, options: WorkerOptions): Worker {
  if (__filename.endsWith('.js')) return new Worker(`${path}.js`, { ...options, execArgv: QUIET });
  const loader = ['--require', require.resolve('tsx/cjs')];
  return new Worker(`${path}.ts`, { ...options, execArgv: [...QUIET, ...loader] });
}
