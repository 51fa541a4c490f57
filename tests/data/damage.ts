import { closeSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { openDatabaseFile } from '../../src/stores/sqlite/driver';

const DAMAGES = {
  'no SQLite database': (path: string) =>
    writeFileSync(path, 'not a database, just a long enough text '.repeat(100)),
  'not a chat server': (path: string) => {
    rmSync(path);
    inDatabase(path, 'CREATE TABLE notes (text TEXT); PRAGMA user_version = 1');
  },
  'newer schema': (path: string) => inDatabase(path, 'PRAGMA user_version = 999'),
  damaged: (path: string) => overwrite(path, readFileSync(path).length / 2, Buffer.alloc(20_000, 0xa5)),
  'cut off': (path: string) => truncateSync(path, Math.floor(readFileSync(path).length / 2 / 4096) * 4096),
  /** A bit in a text, which SQLite can't detect. Unused parts of pages can contain the text too. */
  'a flipped bit': (path: string) => {
    const places = Array.from(readFileSync(path, 'latin1').matchAll(/as long as people write/g));
    if (places.length === 0) throw new Error('the text to damage was not found');
    for (const { index } of places) overwrite(path, index, Buffer.from('A'));
  },
};

const MESSAGES: Record<keyof typeof DAMAGES, RegExp> = {
  'no SQLite database': /is not a SQLite database\.$/m,
  'not a chat server': /is a SQLite database, but not one of this chat server\.$/m,
  'newer schema': /has schema 999, but this version supports \d+ at most: update the server\.$/m,
  damaged: /is damaged \(.+\)\.$/m,
  'cut off': /is damaged \(.+\)\.$/m,
  'a flipped bit': /is damaged: its contents differ from when it was made on 20.+Z\. Use another backup\.$/m,
};

/** Damages a database file that no process has open, and returns the expected error message. */
export function damage(path: string, way: keyof typeof DAMAGES): RegExp {
  for (const end of ['-wal', '-shm']) rmSync(path + end, { force: true });
  DAMAGES[way](path);
  return MESSAGES[way];
}

function overwrite(path: string, position: number, bytes: Buffer): void {
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, Math.floor(position));
  closeSync(file);
}

function inDatabase(path: string, sql: string): void {
  const database = openDatabaseFile(path, 1_000);
  database.exec(sql);
  database.close();
}
