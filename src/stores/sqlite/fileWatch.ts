import { statSync } from 'node:fs';
import { UnusableDatabase } from '../databaseHealth';

/** How often the files are looked at, in milliseconds. */
const CHECK_MS = 1_000;
/** The files that SQLite keeps beside a database in WAL mode. Every connection must have the same ones open. */
const COMPANIONS = ['-wal', '-shm'];

/** Device and inode of the file, or null if there is none. */
export function fileIdentity(path: string): string | null {
  try {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    return found ? `${found.dev}:${found.ino}` : null;
  } catch {
    // The path can't be followed, such as when its folder was replaced by a file.
    return null;
  }
}

/** Throws `UnusableDatabase` unless the file at `path` is this one: another one must not be opened in its place. */
export function requireSameFile(path: string, identity: string): void {
  const found = fileIdentity(path);
  if (found !== identity) throw new UnusableDatabase(adviceFor(path, found));
}

/**
 * Notices that the files of an open database were deleted, moved or replaced: what is written then can be read by nobody after the
 * connection is closed. It is looked for once a second and not with each write, which would have to wait for the file system.
 */
export class FileWatch {
  /** What has happened and what to do; null while the files are in place. */
  problem: string | null = null;
  private readonly opened: readonly (string | null)[];
  private readonly timer: NodeJS.Timeout;

  /**
   * The database at `path` is open and was read. `onChange` is called when `problem` has changed, and `onForeignWrite` when another
   * program has written to the database, which `readVersion` shows.
   */
  constructor(
    private readonly path: string,
    readVersion: () => unknown,
    onChange: (problem: string | null) => void,
    onForeignWrite: () => void,
  ) {
    this.opened = this.identities();
    let version = readVersion();
    this.timer = setInterval(() => {
      const current = readVersion();
      if (current !== version) onForeignWrite();
      version = current;
      const problem = this.look();
      if (problem === this.problem) return;
      this.problem = problem;
      onChange(problem);
    }, CHECK_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): string | null {
    const [database, ...companions] = this.identities();
    if (database !== this.opened[0]) return adviceFor(this.path, database ?? null);
    const changed = COMPANIONS.find((_, index) => companions[index] !== this.opened[index + 1]);
    if (changed === undefined) return null;
    return (
      `The file ${this.path}${changed} was deleted, moved or replaced while the server uses it. Move it back, or restart the server. ` +
      'Stopping it with SIGTERM saves what the file contained.'
    );
  }

  private identities(): (string | null)[] {
    return [this.path, ...COMPANIONS.map((suffix) => this.path + suffix)].map(fileIdentity);
  }
}

/** `found` is the identity of the file that is at `path` in place of the database. */
function adviceFor(path: string, found: string | null): string {
  if (found === null) {
    return (
      `The database file ${path} was deleted or moved while the server uses it. Move it back. If that is not possible, stop the ` +
      'server and restore a backup.'
    );
  }
  return (
    `The database file ${path} was replaced by another file while the server uses it. Move the previous file back. To use the new ` +
    `one, stop the server, move away ${path}-wal and ${path}-shm, which belong to the previous file, and start the server.`
  );
}
