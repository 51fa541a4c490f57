import { present } from '../contract/storeFixture';
import { Workplace } from './commands';
import { changeFile, readColumn } from './rawSql';
import { useTemplate } from './templates';

const work = Workplace.use();
const template = useTemplate(0);

/** A user to whom nothing belongs, so that their id can change alone, and so can the owner of something else. */
const ADD_LONELY_USER = `
  INSERT INTO users (id, username, email, password_hash, created_at, updated_at)
  SELECT 'lonely', 'lonely', 'lonely@example.com', password_hash, created_at, updated_at FROM users LIMIT 1`;

/** Each table: which of its rows changes, how each column does, and what a copy may have otherwise than its source. */
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
    },
    derived: [],
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
    },
    derived: [],
  },
  {
    // One without messages, so that its id can change alone.
    table: 'sessions',
    row: "id = (SELECT min(id) FROM sessions WHERE name = 'Empty')",
    changes: {
      id: "'other'",
      user_id: "'lonely'",
      name: "'other'",
      created_at: "'other'",
      last_message_at: "'other'",
      last_seq: 'last_seq + 1',
    },
    derived: ['key', 'active_at'],
  },
  {
    // One without a reply is the last of its session.
    table: 'messages',
    row: "id = (SELECT min(id) FROM messages WHERE sender = 'user' AND reply_seq IS NULL)",
    changes: {
      id: "'other'",
      sender: "'server'",
      content: "'other'",
      timestamp: "'other'",
      client_message_id: "'other'",
      reply_to: "'other'",
      place: 'place + 1',
    },
    derived: ['reply_seq'],
  },
] as const;

/** The checksum that a copy of the template prints, after this change to it. */
async function checksumAfter(sql: string, name: string): Promise<string> {
  template.put(work.path(`${name}.db`));
  changeFile(work.path(`${name}.db`), `${ADD_LONELY_USER}; ${sql}`);
  const output = await work.run('copy', [`sqlite://./${name}.db`, `sqlite://./${name}-copy.db`]);
  return present(/^checksum ([0-9a-f]{64})$/m.exec(output)?.[1]);
}

test('the checksum of a copy is the same each time it is made', async () => {
  const [one, other] = await Promise.all([checksumAfter('', 'one'), checksumAfter('', 'other')]);
  expect(other).toBe(one);
});

describe.each(TABLES)('the checksum of a copy covers $table', ({ table, row, changes, derived }) => {
  test('in every column that has a value of its own', async () => {
    template.put(work.path('chat.db'));
    const columns = readColumn(work.path('chat.db'), `SELECT name FROM pragma_table_info('${table}')`);
    expect([...Object.keys(changes), ...derived].toSorted()).toEqual(columns.toSorted());

    const unchanged = await checksumAfter('', 'unchanged');
    const checksums = await Promise.all(
      Object.entries(changes).map(async ([column, value]) => {
        const sql = `UPDATE ${table} SET ${column} = ${value} WHERE ${row}`;
        return [column, await checksumAfter(sql, column)] as const;
      }),
    );
    expect(checksums.filter(([, checksum]) => checksum === unchanged).map(([column]) => column)).toEqual([]);
  });
});

test('the checksum of a copy covers which session a message belongs to', async () => {
  const elsewhere = "(SELECT key FROM sessions WHERE name = 'Empty' LIMIT 1)";
  const move = `UPDATE messages SET place = (${elsewhere} << 32) + (place & 0xffffffff)
    WHERE id = (SELECT min(id) FROM messages WHERE sender = 'user' AND reply_seq IS NULL)`;
  const [unchanged, moved] = await Promise.all([
    checksumAfter('', 'unchanged'),
    checksumAfter(move, 'moved'),
  ]);
  expect(moved).not.toBe(unchanged);
});
