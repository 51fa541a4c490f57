import type { DatabaseConfig } from '../../src/config/database';
import { createModels } from '../../src/models/models';
import { connectMongo } from '../../src/stores/mongo/store';
import { openDatabaseFile, type Row, type SqlValue, uuidOf } from '../../src/stores/sqlite/driver';

/** Direct access to the database of a server, without the store. */
export interface RawDatabase {
  /** Every row of every table, or document of every collection, as JSON. */
  everything(): Promise<string[]>;
  deleteLogin(loginId: string): Promise<void>;
  setPasswordHash(userId: string, hash: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens the database, runs `work` and closes it. */
export async function inDatabase<T>(
  database: DatabaseConfig,
  work: (raw: RawDatabase) => Promise<T>,
): Promise<T> {
  const raw = database.kind === 'sqlite' ? openSqlite(database.path) : await openMongo(database.url);
  try {
    return await work(raw);
  } finally {
    await raw.close();
  }
}

/** The rows or documents that contain this text anywhere. */
export async function mentions(database: DatabaseConfig, ...texts: string[]): Promise<string[]> {
  const all = await inDatabase(database, (raw) => raw.everything());
  return all.filter((each) => texts.some((text) => each.includes(text)));
}

/** UUIDs are stored as bytes. */
function asText(value: SqlValue): SqlValue {
  return ArrayBuffer.isView(value) ? uuidOf(value) : value;
}

function openSqlite(path: string): RawDatabase {
  const database = openDatabaseFile(path, 2_000);
  const rowsOf = (table: Row) => database.prepare(`SELECT * FROM "${table.name}"`).all();
  return {
    async everything() {
      const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
      return tables.flatMap((table) =>
        rowsOf(table).map((row) =>
          JSON.stringify([...Object.values(table), ...Object.values(row)].map(asText)),
        ),
      );
    },
    async deleteLogin(loginId) {
      database.prepare('DELETE FROM logins WHERE id = ?').run(loginId);
    },
    async setPasswordHash(userId, hash) {
      database.prepare('UPDATE users SET password_hash = ? WHERE id = ?').run(hash, userId);
    },
    async close() {
      database.close();
    },
  };
}

async function openMongo(url: string): Promise<RawDatabase> {
  const connection = await connectMongo(url);
  const models = createModels(connection);
  return {
    async everything() {
      const { users, logins, sessions, messages } = models;
      const all = [users.find(), logins.find(), sessions.find(), messages.find()];
      const found: object[][] = await Promise.all(all.map((query) => query.lean()));
      return found.flat().map((document) => JSON.stringify(document));
    },
    async deleteLogin(loginId) {
      await models.logins.deleteOne({ _id: loginId });
    },
    async setPasswordHash(userId, hash) {
      await models.users.updateOne({ _id: userId }, { $set: { passwordHash: hash } });
    },
    close: () => connection.close(),
  };
}
