import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { backUp, integer, openDatabaseFile, type SqliteDatabase, text } from '../stores/sqlite/driver';
import { primaryResultCode } from '../stores/sqlite/protocol';
import { isSystemError } from '../utils/systemError';
import { AdminError } from './command';
import { BUSY, createSqliteErrorTranslator, requireChatDatabase } from './integrity';

/** How long a snapshot waits for locks of other programs, in milliseconds. */
const BUSY_TIMEOUT_MS = 2_000;
/** Pages copied per batch, 4 MiB. Signals are handled between batches. */
const BATCH_PAGES = 1_024;
/** How long the lock waits for programs that only read, in milliseconds. */
const LOCK_TIMEOUT_MS = 1_000;
/** The file holds everyone's messages, so only its owner may read it. */
const PRIVATE_MODE = 0o600;
/** Errors of file systems without hard links. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'ENOSYS'];
/** Files that SQLite keeps beside a database. */
const COMPANIONS = ['-wal', '-shm', '-journal'];

/** A SQLite chat database as of one moment. Servers can write to it meanwhile: in WAL mode, readers don't block writers. */
export interface Snapshot {
  /** A connection in a read transaction. */
  readonly database: SqliteDatabase;
  /** Copies the database to a new file. */
  copyTo(path: string): Promise<void>;
  /** Whether another process has written to the database since. */
  hasChanged(): boolean;
  close(): void;
}

/**
 * Throws an `AdminError` if the file is not a chat database with a known schema. Only `copyTo` and raw rows can be used if its
 * schema is older than the newest one.
 */
export function openSnapshot(path: string, options: { allowOlderSchema?: boolean } = {}): Snapshot {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw new AdminError(`There is no file ${path}.`);
  // In its transaction the first connection sees no changes, so a second one observes them.
  const observer = openReadOnly(path);
  const initialVersion = dataVersion(observer);
  const database = openReadOnly(path);
  database.exec('BEGIN');
  // The first read determines the moment.
  requireChatDatabase(database, path, options);
  return {
    database,
    copyTo: (copy) => backUp(database, copy, { rate: BATCH_PAGES }),
    hasChanged: () => dataVersion(observer) !== initialVersion,
    close() {
      // With the SQLite of the package, closing alone doesn't end the transaction.
      database.exec('ROLLBACK');
      database.close();
      observer.close();
    },
  };
}

function openReadOnly(path: string): SqliteDatabase {
  const database = openDatabaseFile(path, BUSY_TIMEOUT_MS);
  database.exec('PRAGMA query_only = ON');
  return database;
}

/** A number that changes with each commit of another connection. */
function dataVersion(database: SqliteDatabase): number {
  return integer(database.prepare('PRAGMA data_version').get()?.data_version);
}

/** An exclusive lock on a database file. */
export interface DatabaseFileLock {
  /** The real path of the file, with symbolic links resolved. */
  readonly path: string;
  /** The connection that holds the lock; null if there is no file. */
  readonly database: SqliteDatabase | null;
  release(): void;
}

/**
 * Locks the database file at `path`, so that no server can use it. A running server holds a SQLite lock on its file, which the
 * system releases when the server dies. Also moves the contents of the write-ahead log into the file. Throws an `AdminError` if
 * the file is in use, or if it can't be read and so may be in use.
 */
export function lockDatabaseFile(path: string): DatabaseFileLock {
  mkdirSync(dirname(path), { recursive: true });
  if (!existsSync(path)) {
    requireNoCompanions(path);
    return { path, database: null, release() {} };
  }
  const realPath = realpathSync(path);
  const database = openExclusively(realPath, path);
  return { path: realPath, database, release: () => database.close() };
}

/** Without this check SQLite would apply the log of an earlier database to the new file. */
function requireNoCompanions(path: string): void {
  const found = COMPANIONS.map((suffix) => path + suffix).filter((name) => existsSync(name));
  if (found.length === 0) return;
  throw new AdminError(
    `There is no ${path}, but ${found.join(' and ')} of an earlier database: move these files away.`,
  );
}

function openExclusively(realPath: string, path: string): SqliteDatabase {
  let database: SqliteDatabase | undefined;
  try {
    database = openDatabaseFile(realPath, LOCK_TIMEOUT_MS);
    // Leaving WAL mode requires that no other connection is open. Outside WAL mode the transaction requires it.
    database.exec('PRAGMA journal_mode = DELETE');
    database.exec('BEGIN EXCLUSIVE');
    // Still WAL mode if another connection was opened in between; the transaction doesn't exclude its reads.
    if (text(database.prepare('PRAGMA journal_mode').get()?.journal_mode) === 'delete') return database;
  } catch (error) {
    if (primaryResultCode(error) !== BUSY) {
      database?.close();
      throw unreadable(error, path);
    }
  }
  database?.close();
  throw new AdminError(`A server or another program uses ${path}: stop it first. Nothing was changed.`);
}

function unreadable(error: unknown, path: string): unknown {
  const translated = createSqliteErrorTranslator(path)(error);
  if (!(translated instanceof AdminError)) return translated;
  return new AdminError(
    `${translated.message} A server may be using it: stop the server, move the file away together with ${path}-wal and ` +
      `${path}-shm, and try again.`,
  );
}

/**
 * A new database file that gets its final name once it is complete and on disk. Until then it is in a temporary folder in the
 * same directory, together with the files that SQLite keeps beside it. The folder is removed when the process exits.
 */
export class StagedFile {
  readonly path: string;
  private readonly folder: string;
  private readonly removeOnExit = () => this.remove();

  /** `target` is the final name. */
  constructor(private readonly target: string) {
    this.folder = mkdtempSync(`${target}.partial-`);
    this.path = join(this.folder, 'chat.db');
    process.once('exit', this.removeOnExit);
  }

  /** Opens the database. It is a single file without a write-ahead log, which any file system supports. */
  open(): SqliteDatabase {
    const database = openDatabaseFile(this.path, 0);
    database.exec('PRAGMA journal_mode = DELETE');
    database.exec('PRAGMA foreign_keys = ON');
    return database;
  }

  /** Gives the file its final name. Throws if that name is taken. */
  install(): void {
    this.sync(PRIVATE_MODE);
    linkOrRename(this.path, this.target);
    this.finish();
  }

  /** Replaces the existing file, which is kept as `aside`. One of the two files has the final name at any time. */
  replace(aside: string): void {
    const { mode, uid, gid } = statSync(this.target);
    // When root replaces the file, the user who runs the server must still be able to open it.
    if (process.getuid?.() === 0) chownSync(this.path, uid, gid);
    this.sync(mode);
    linkOrRename(this.target, aside);
    renameSync(this.path, this.target);
    this.finish();
  }

  /** Removes the temporary folder. Idempotent. */
  remove(): void {
    process.off('exit', this.removeOnExit);
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

/** Throws if there is a file at `path`. */
export function requireFree(path: string): void {
  if (existsSync(path)) throw alreadyExists(path);
}

/** A link never replaces an existing file. Without links there is a race between the check and the renaming. */
function linkOrRename(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) throw alreadyExists(to);
    if (!NO_LINKS.some((code) => isSystemError(error, code))) throw error;
    requireFree(to);
    renameSync(from, to);
  }
}

function alreadyExists(path: string): AdminError {
  return new AdminError(`${path} already exists: choose another name, or move that file away.`);
}

function fsync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
