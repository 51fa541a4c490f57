import { integer, type Row, type SqliteDatabase, text } from '../../stores/sqlite/driver';
import { HashSum } from '../transfer/hashSum';
import type { Steps } from '../transfer/steps';
import type { Holdings } from '../transfer/tally';
import { unansweredIn } from './soundness';
import { countsOf } from './transferReader';

/** The most rows that are in memory at once. */
const ROWS_AT_ONCE = 1_000;

/**
 * Counts what the database holds, and sums up every row of every table as it is: so it can be told whether two files hold
 * the same, whatever schema they have.
 */
export async function rowHoldingsOf(database: SqliteDatabase, steps: Steps, name: string): Promise<Holdings> {
  const tables = tablesOf(database);
  const total = tables.reduce((sum, table) => sum + rowCountOf(database, table), 0);
  const show = steps.begin(name, total, 'rows');
  const sum = new HashSum();
  let done = 0;
  for (const table of tables) {
    for await (const rows of rowsOf(database, table)) {
      for (const row of rows) sum.add(`${table} ${row}`);
      done += rows.length;
      show(done);
    }
  }
  show(total);
  return { ...countsOf(database), unanswered: unansweredIn(database), checksum: sum.toString() };
}

function tablesOf(database: SqliteDatabase): string[] {
  const sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
  return database
    .prepare(sql)
    .all()
    .map(({ name }) => text(name));
}

function rowCountOf(database: SqliteDatabase, table: string): number {
  return integer(database.prepare(`SELECT count(*) AS n FROM "${table}"`).get()?.n);
}

/** Every row as JSON, in batches. In between the process hears signals. */
async function* rowsOf(database: SqliteDatabase, table: string): AsyncGenerator<string[]> {
  const { columns, key } = columnsOf(database, table);
  // Places are SQL: there no number is too large, as it may be in JavaScript.
  const select = `SELECT json_array(${columns}) AS row, ${key.map((name) => `quote(${name})`).join(" || ',' || ")} AS place`;
  const page = (condition: string) =>
    database.prepare(`${select} FROM "${table}" ${condition} ORDER BY ${key} LIMIT ${ROWS_AT_ONCE}`).all();
  let rows = page('');
  for (let last = rows.at(-1); last; last = rows.at(-1)) {
    yield rows.map(({ row }) => text(row));
    await new Promise(setImmediate);
    rows = page(`WHERE (${key}) > (${text(last.place)})`);
  }
}

function columnsOf(database: SqliteDatabase, table: string): { columns: string[]; key: string[] } {
  const columns = database.prepare(`PRAGMA table_info("${table}")`).all();
  const nameOf = ({ name }: Row) => `"${text(name)}"`;
  const inKey = columns
    .filter(({ pk }) => pk !== 0)
    .sort((one, other) => integer(one.pk) - integer(other.pk));
  return { columns: columns.map(nameOf), key: inKey.length > 0 ? inKey.map(nameOf) : ['rowid'] };
}
