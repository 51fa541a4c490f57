import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A disk of its own, so small that a test can fill it. */
export interface SmallDisk {
  directory: string;
  /** Takes all the room that is left. */
  fill(): void;
  /** Gives back what `fill` took. */
  free(): void;
  remove(): void;
}

/** Mounts one; null where that isn't allowed. */
export function mountSmallDisk(megabytes: number): SmallDisk | null {
  const directory = mkdtempSync(join(tmpdir(), 'smart-chat-disk-'));
  const mount = ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', directory];
  try {
    execFileSync('mount', mount, { stdio: 'ignore' });
  } catch {
    rmdirSync(directory);
    return null;
  }
  const filler = join(directory, 'filler');
  return {
    directory,
    fill: () => fillDisk(filler),
    free: () => rmSync(filler, { force: true }),
    remove() {
      execFileSync('umount', ['--lazy', directory]);
      rmdirSync(directory);
    },
  };
}

function fillDisk(filler: string): void {
  const file = openSync(filler, 'a');
  try {
    for (;;) writeSync(file, Buffer.alloc(4_096));
  } catch {
    // No room is left, which is what was wanted.
  } finally {
    closeSync(file);
  }
}
