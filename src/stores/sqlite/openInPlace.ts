import { statSync } from 'node:fs';
import type { SqliteDatabase } from './driver';

/**
 * Opens the database at `path` by `open`, which must read something, and so take the lock that keeps others from replacing
 * the file. A file that is replaced before that moment is opened under a name it no longer has: then again.
 */
export function openInPlace(path: string, open: () => SqliteDatabase): SqliteDatabase {
  for (;;) {
    const before = fileAt(path);
    const database = open();
    if (before === null || before === fileAt(path)) return database;
    database.close();
  }
}

/** What tells the file apart from any other; null if there is none. */
function fileAt(path: string): string | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found ? `${found.dev}:${found.ino}` : null;
}
