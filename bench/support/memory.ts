import { join } from 'node:path';
import type { ServerProcess } from '../../testkit/serverProcess';

/** Node.js options of a server whose memory `memoryOf` reads. */
export const MEMORY_PROBE = ['--expose-gc', '--require', join(__dirname, 'memoryProbe.cjs')];

/** The resident memory of a server after garbage collection, in bytes. */
export function memoryOf({ child }: ServerProcess): Promise<number> {
  return new Promise((resolve) => {
    const read = (chunk: Buffer) => {
      const bytes = /resident memory: (\d+) bytes/.exec(chunk.toString())?.[1];
      if (bytes === undefined) return;
      child.stdout?.off('data', read);
      resolve(Number(bytes));
    };
    child.stdout?.on('data', read);
    child.kill('SIGUSR2');
  });
}
