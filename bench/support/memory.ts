import { join } from 'node:path';
import type { ServerProcess } from '../../testkit/serverProcess';

/** Node.js options of a server whose memory `memoryOf` reads. */
export const MEMORY_PROBE = ['--expose-gc', '--require', join(__dirname, 'memoryProbe.cjs')];

export interface Usage {
  /** The CPU time of the process so far, in milliseconds. */
  cpuMs: number;
  /** The resident memory after garbage collection, in bytes. */
  memory: number;
}

/** What a server with `MEMORY_PROBE` uses. */
export function usageOf({ child }: ServerProcess): Promise<Usage> {
  return new Promise((resolve) => {
    const read = (chunk: Buffer) => {
      const [, cpuMs, bytes] =
        /CPU time: (\d+) ms, resident memory: (\d+) bytes/.exec(chunk.toString()) ?? [];
      if (bytes === undefined) return;
      child.stdout?.off('data', read);
      resolve({ cpuMs: Number(cpuMs), memory: Number(bytes) });
    };
    child.stdout?.on('data', read);
    child.kill('SIGUSR2');
  });
}

/** The resident memory of a server after garbage collection, in bytes. */
export async function memoryOf(server: ServerProcess): Promise<number> {
  return (await usageOf(server)).memory;
}
