import { join } from 'node:path';
import type { ServerProcess } from '../../testkit/serverProcess';

/** What a server has to be started with for `memoryOf`. */
export const PROBED = ['--expose-gc', '--require', join(__dirname, 'memoryProbe.cjs')];

/** The resident memory of a server without its garbage, in bytes. */
export function memoryOf({ child }: ServerProcess): Promise<number> {
  return new Promise((resolve) => {
    const read = (chunk: Buffer) => {
      const bytes = /keeps (\d+) bytes/.exec(chunk.toString())?.[1];
      if (bytes === undefined) return;
      child.stdout?.off('data', read);
      resolve(Number(bytes));
    };
    child.stdout?.on('data', read);
    child.kill('SIGUSR2');
  });
}
