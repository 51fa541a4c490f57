import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openConnection } from '../../src/stores/sqlite/driver';

describe('guarantee 1: durable before acknowledged, on SQLite', () => {
  const directory = mkdtempSync(join(tmpdir(), 'smart-chat-durability-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test('the connection that writes waits for the disk on every commit', () => {
    const database = openConnection(join(directory, 'chat.db'));
    const setting = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    expect(setting('synchronous')).toBe(2);
    expect(setting('journal_mode')).toBe('wal');
    expect(setting('foreign_keys')).toBe(1);
    database.close();
  });

  test('SQLite is one that two connections can’t corrupt', () => {
    const database = openConnection(join(directory, 'version.db'));
    const version = String(database.prepare('SELECT sqlite_version() AS version').get()?.version);
    const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
    expect(major * 1e6 + minor * 1e3 + patch).toBeGreaterThanOrEqual(3_051_003);
    database.close();
  });
});
