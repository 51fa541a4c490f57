import { join } from 'node:path';
import { openConnection } from '../../src/stores/sqlite/driver';
import { migrate, NEWEST_SCHEMA, schemaOf } from '../../src/stores/sqlite/migrations';
import { mountSmallDisk } from '../faults/smallDisk';

const disk = mountSmallDisk(1);
afterAll(() => disk?.remove());
if (!disk)
  process.stderr.write(
    'SKIPPED: a migration on a full disk, because mounting a small one is not allowed here\n',
  );
const testOnSmallDisk = disk ? test : test.skip;

testOnSmallDisk('a migration that finds no room says so, and leaves the schema as it was', () => {
  if (!disk) return;
  const database = openConnection(join(disk.directory, 'chat.db'));
  expect(schemaOf(database)).toBe(0);
  disk.fill();
  expect(() => migrate(database)).toThrow('database or disk is full');
  disk.free();
  expect(schemaOf(database)).toBe(0);
  migrate(database);
  expect(schemaOf(database)).toBe(NEWEST_SCHEMA);
  database.close();
});
