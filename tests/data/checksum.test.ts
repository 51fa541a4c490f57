import { copy } from '../../src/admin/copy';
import { present } from '../contract/storeFixture';
import { CommandSandbox } from './commands';
import { changeFile, readColumn } from './rawSql';
import { useTemplate } from './templates';

const sandbox = CommandSandbox.use();
const template = useTemplate(0);

/** A user without logins and sessions, whose id can be changed without changing other records. */
const ADD_LONELY_USER = `
  INSERT INTO users (id, username, email, password_hash, created_at, updated_at)
  SELECT 'lonely', 'lonely', 'lonely@example.com', password_hash, created_at, updated_at FROM users LIMIT 1`;

/** A UUID as its 16 bytes, in SQL. */
const OTHER_UUID = "unhex('0123456789abcdef0123456789abcdef')";

/** For each table: the row to change, a new value for each column, and the columns that a copy computes itself. */
const TABLES = [
  {
    table: 'users',
    row: "id = 'lonely'",
    changes: {
      id: "'other'",
      username: "'other'",
      email: "'other'",
      password_hash: "'other'",
      created_at: "'other'",
      updated_at: "'other'",
      identity: "'other'",
    },
    computed: [],
  },
  {
    table: 'logins',
    row: 'id = (SELECT min(id) FROM logins)',
    changes: {
      id: "'other'",
      user_id: "'lonely'",
      created_at: "'other'",
      last_used_at: "'other'",
      expires_at: "'other'",
      user_agent: "'other'",
      ip: "'other'",
      generation: 'generation + 1',
      confirmed_at: "'other'",
      external: '1 - external',
    },
    computed: [],
  },
  {
    table: 'revoked_tokens',
    row: 'id = (SELECT min(id) FROM revoked_tokens)',
    changes: { id: "'other'", expires_at: "'other'" },
    computed: [],
  },
  {
    table: 'usage',
    row: 'reply_to = (SELECT min(reply_to) FROM usage)',
    changes: {
      reply_to: "'other'",
      variant: 'variant + 7',
      attempt: 'attempt + 7',
      user_id: "'lonely'",
      day: "'2020-02-02'",
      model: "'other'",
      prompt_tokens: 'prompt_tokens + 1',
      completion_tokens: 'completion_tokens + 1',
      estimated: '1 - estimated',
      outcome: "iif(outcome = 'failed', 'complete', 'failed')",
    },
    computed: [],
  },
  {
    // Without messages, so that its id can be changed without changing other records.
    table: 'sessions',
    row: "id = (SELECT min(id) FROM sessions WHERE name = 'Empty')",
    changes: {
      id: "'other'",
      user_id: "'lonely'",
      name: "'other'",
      created_at: "'other'",
      last_message_at: "'other'",
      last_seq: 'last_seq + 1',
      read_seq: 'read_seq + 1',
      pinned: '1 - pinned',
      archived: '1 - archived',
    },
    computed: ['key', 'active_at'],
  },
  {
    // Without a reply, so that no other record refers to its sequence number.
    table: 'messages',
    row: 'id = (SELECT min(id) FROM messages WHERE sender = 0 AND reply_seq IS NULL)',
    changes: {
      id: OTHER_UUID,
      sender: '1',
      content: "'other'",
      timestamp: 'timestamp + 1',
      client_message_id: "'other'",
      reply_to: OTHER_UUID,
      variant_of: OTHER_UUID,
      extra: '\'{"finish":"stopped"}\'',
      place: 'place + 1000',
    },
    computed: ['reply_seq'],
  },
] as const;

/** Deletions that are under way, and replies that are being made, are not part of a copy. */
const OMITTED_TABLES = ['deleted_sessions', 'deleted_users', 'drafts'];

/** Applies a change to the template, copies it as the command does, and returns the checksum that it prints. */
async function checksumAfter(sql: string, name: string): Promise<string> {
  const path = sandbox.path(`${name}.db`);
  template.put(path);
  changeFile(path, `${ADD_LONELY_USER}; ${sql}`);
  const output = await copy([`sqlite://${path}`, `sqlite://${path}-copy`], () => {});
  return present(/^checksum ([0-9a-f]{64})$/m.exec(output)?.[1]);
}

test('the checksum of a copy is the same for the same records', async () => {
  const [one, other] = await Promise.all([checksumAfter('', 'one'), checksumAfter('', 'other')]);
  expect(other).toBe(one);
});

test('each table is covered by the checksum of a copy, or omitted', () => {
  template.put(sandbox.path('chat.db'));
  const sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
  const tables = [...TABLES.map(({ table }) => table), ...OMITTED_TABLES];
  expect(readColumn(sandbox.path('chat.db'), sql).toSorted()).toEqual(tables.toSorted());
});

describe.each(TABLES)('the checksum of a copy covers $table', ({ table, row, changes, computed }) => {
  test('in every column that is not computed', async () => {
    template.put(sandbox.path('chat.db'));
    const columns = readColumn(sandbox.path('chat.db'), `SELECT name FROM pragma_table_info('${table}')`);
    expect([...Object.keys(changes), ...computed].toSorted()).toEqual(columns.toSorted());

    const unchanged = await checksumAfter('', 'unchanged');
    const checksums: [column: string, checksum: string][] = [];
    for (const [column, value] of Object.entries(changes)) {
      const sql = `UPDATE ${table} SET ${column} = ${value} WHERE ${row}`;
      checksums.push([column, await checksumAfter(sql, column)]);
    }
    expect(checksums.filter(([, checksum]) => checksum === unchanged).map(([column]) => column)).toEqual([]);
  });
});

test('the checksum of a copy covers which session a message belongs to', async () => {
  const elsewhere = "(SELECT key FROM sessions WHERE name = 'Empty' LIMIT 1)";
  const move = `UPDATE messages SET place = (${elsewhere} << 32) + (place & 0xffffffff)
    WHERE id = (SELECT min(id) FROM messages WHERE sender = 0 AND reply_seq IS NULL)`;
  const [unchanged, moved] = await Promise.all([
    checksumAfter('', 'unchanged'),
    checksumAfter(move, 'moved'),
  ]);
  expect(moved).not.toBe(unchanged);
});
