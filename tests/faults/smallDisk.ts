import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A separate file system, small enough for a test to fill it. */
export interface SmallDisk {
  directory: string;
  /** Uses all free space. */
  fill(): void;
  /** Frees the space that `fill` used. */
  free(): void;
  remove(): void;
}

/** Mounts a small disk. Null if mounting is not permitted. */
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
    // The disk is full, as intended.
  } finally {
    closeSync(file);
  }
}
