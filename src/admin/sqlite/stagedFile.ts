import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { isSystemError } from '../../utils/systemError';
import { TransferError } from '../transfer/transfer';

/** Only its owner may read what holds everyone's messages. */
const PRIVATE = 0o600;
/** What file systems without hard links answer. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'ENOSYS'];

/**
 * A database file in the making, in a folder of its own beside the name it will get: with all that SQLite puts beside a
 * database, nothing of it is seen under that name before it is whole and on the disk.
 */
export class StagedFile {
  readonly path: string;
  private readonly folder: string;
  private readonly remover = () => this.remove();

  /** `target` is the name that it will get. A process that exits first, as when it is interrupted, leaves nothing of it. */
  constructor(private readonly target: string) {
    this.folder = mkdtempSync(`${target}.partial-`);
    this.path = join(this.folder, 'chat.db');
    process.once('exit', this.remover);
  }

  /** Gives it its name. Throws if there is something under that name, which stays. */
  install(): void {
    this.sync(PRIVATE);
    linkOrRename(this.path, this.target);
    this.finish();
  }

  /** Puts it in the place of the file that is there, which is kept as `aside`. One of the two is there at every moment. */
  replace(aside: string): void {
    const { mode, uid, gid } = statSync(this.target);
    // Whoever runs the server must be able to open it, also if an administrator puts it there; no one else may give files away.
    if (process.getuid?.() === 0) chownSync(this.path, uid, gid);
    this.sync(mode);
    linkOrRename(this.target, aside);
    renameSync(this.path, this.target);
    this.finish();
  }

  remove(): void {
    process.off('exit', this.remover);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private sync(mode: number): void {
    chmodSync(this.path, mode);
    fsync(this.path);
  }

  private finish(): void {
    this.remove();
    fsync(dirname(this.target));
  }
}

export function taken(path: string): TransferError {
  return new TransferError(`${path} is there already: choose another name, or move it away.`);
}

/** A link refuses to replace what is there, and does it in one step; where there are no links, a look has to do. */
function linkOrRename(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) throw taken(to);
    if (!NO_LINKS.some((code) => isSystemError(error, code))) throw error;
    if (statSync(to, { throwIfNoEntry: false })) throw taken(to);
    renameSync(from, to);
  }
}

function fsync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
