import { CanonicalNames, refuseCollisions, type StoredName } from '../canonicalNames';
import { type OnSchemaChange, UnusableDatabase } from '../databaseHealth';
import { integer, type Row, rollBack, type SqliteDatabase, text } from './driver';

interface Migration {
  number: number;
  name: string;
  /** Statements, or a function for what SQL can't do. */
  change: string | ((database: SqliteDatabase) => void);
}

/** A UUID in small letters, as a pattern for GLOB. */
const UUID_PATTERN = [8, 4, 4, 4, 12].map((length) => '[0-9a-f]'.repeat(length)).join('-');

/**
 * The schema as a list of migrations. A released migration never changes: each change of the schema is a new one. The database's
 * `user_version` is the number of its last migration.
 */
const MIGRATIONS: readonly Migration[] = [
  {
    number: 1,
    name: 'users, logins, sessions and messages',
    change: `
      CREATE TABLE users (
        id TEXT PRIMARY KEY,
        username TEXT NOT NULL UNIQUE COLLATE NOCASE,
        email TEXT NOT NULL UNIQUE,
        password_hash TEXT NOT NULL,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE logins (
        id TEXT PRIMARY KEY,
        user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
        created_at TEXT NOT NULL,
        last_used_at TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        user_agent TEXT,
        ip TEXT,
        generation INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX logins_of_user ON logins (user_id);
      CREATE INDEX logins_by_expiry ON logins (expires_at);

      -- "key" is never reused, so a session that is deleted and created again with the same id starts empty.
      CREATE TABLE sessions (
        key INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
        name TEXT,
        created_at TEXT NOT NULL,
        last_message_at TEXT,
        active_at TEXT NOT NULL,
        last_seq INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX sessions_by_activity ON sessions (user_id, active_at DESC, id DESC);

      -- Clustered on (session, seq): a page of history is one contiguous read, however large the table.
      CREATE TABLE messages (
        session INTEGER NOT NULL REFERENCES sessions(key) ON DELETE CASCADE,
        seq INTEGER NOT NULL,
        id TEXT NOT NULL,
        sender TEXT NOT NULL CHECK (sender IN ('user', 'server')),
        content TEXT NOT NULL,
        timestamp TEXT NOT NULL,
        client_message_id TEXT,
        reply_to TEXT,
        reply_seq INTEGER,
        PRIMARY KEY (session, seq)
      ) STRICT, WITHOUT ROWID;
      CREATE UNIQUE INDEX messages_client_message_id ON messages (session, client_message_id)
        WHERE client_message_id IS NOT NULL;
      CREATE UNIQUE INDEX messages_unanswered ON messages (id)
        WHERE sender = 'user' AND reply_seq IS NULL;
    `,
  },
  {
    number: 2,
    name: 'messages in the order of one integer key',
    change: `
      -- "place" is the key of the session * 2^32 + seq. Messages stay clustered by session and seq, and one integer is
      -- compared instead of a record.
      CREATE TABLE placed_messages (
        place INTEGER PRIMARY KEY,
        id TEXT NOT NULL,
        sender TEXT NOT NULL CHECK (sender IN ('user', 'server')),
        content TEXT NOT NULL,
        timestamp TEXT NOT NULL,
        client_message_id TEXT,
        reply_to TEXT,
        reply_seq INTEGER
      ) STRICT;
      INSERT INTO placed_messages
        SELECT (session << 32) | seq, id, sender, content, timestamp, client_message_id, reply_to, reply_seq
        FROM messages ORDER BY session, seq;
      DROP TABLE messages;
      ALTER TABLE placed_messages RENAME TO messages;
      CREATE UNIQUE INDEX messages_client_message_id ON messages (place >> 32, client_message_id)
        WHERE client_message_id IS NOT NULL;
      CREATE UNIQUE INDEX messages_unanswered ON messages (id)
        WHERE sender = 'user' AND reply_seq IS NULL;
      -- Replaces a foreign key. It also runs when the deletion of a user deletes the session.
      CREATE TRIGGER messages_of_deleted_session AFTER DELETE ON sessions BEGIN
        DELETE FROM messages WHERE place > old.key << 32 AND place < (old.key + 1) << 32;
      END;
    `,
  },
  {
    number: 3,
    name: 'the first use of refreshed tokens',
    change: `
      ALTER TABLE logins ADD COLUMN confirmed_at TEXT;
      -- Whether earlier refreshes were received is unknown. Without a value, their old tokens would be accepted again.
      UPDATE logins SET confirmed_at = last_used_at;
    `,
  },
  {
    number: 4,
    name: 'one form of each email and session id',
    change: renameToCanonical,
  },
  {
    number: 5,
    name: 'deletions whose rows are removed later',
    change: `
      -- The keys of deleted sessions that may still have messages.
      CREATE TABLE deleted_sessions (key INTEGER PRIMARY KEY) STRICT;
      -- Users that were deleted but still have rows. Their row in "users" holds no personal data any more.
      CREATE TABLE deleted_users (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
      DROP TRIGGER messages_of_deleted_session;
      CREATE TRIGGER session_deleted AFTER DELETE ON sessions BEGIN
        INSERT INTO deleted_sessions (key) VALUES (old.key);
      END;
    `,
  },
  {
    number: 6,
    name: 'details of replies',
    change: `
      -- A JSON object with the fields that few messages have; null if it would be empty.
      ALTER TABLE messages ADD COLUMN extra TEXT;
    `,
  },
  {
    number: 7,
    name: 'regenerated replies and edited messages',
    change: `
      -- Takes the place of "reply_to" in replies that were regenerated. "extra" has their "variant".
      ALTER TABLE messages ADD COLUMN variant_of TEXT;
      CREATE UNIQUE INDEX messages_variants ON messages (variant_of, extra ->> 'variant')
        WHERE variant_of IS NOT NULL;
      -- The messages that replace another one, by that one.
      CREATE INDEX messages_replacing ON messages (extra ->> 'replaces')
        WHERE extra ->> 'replaces' IS NOT NULL;
    `,
  },
  {
    number: 8,
    name: 'replies that are being made',
    change: `
      CREATE TABLE drafts (
        reply_to TEXT NOT NULL,
        variant INTEGER NOT NULL,
        session INTEGER NOT NULL,
        model TEXT,
        state TEXT NOT NULL CHECK (state IN ('asking', 'writing', 'waiting')),
        attempt INTEGER NOT NULL,
        owner TEXT,
        running INTEGER NOT NULL,
        take_overs INTEGER NOT NULL,
        text TEXT NOT NULL,
        failures INTEGER NOT NULL,
        not_before TEXT,
        stop INTEGER NOT NULL,
        started_at TEXT NOT NULL,
        PRIMARY KEY (reply_to, variant)
      ) STRICT;
      CREATE UNIQUE INDEX drafts_running ON drafts (session) WHERE running;
      CREATE INDEX drafts_of_session ON drafts (session);
      CREATE TRIGGER drafts_of_deleted_session AFTER DELETE ON sessions BEGIN
        DELETE FROM drafts WHERE session = old.key;
      END;
    `,
  },
  {
    number: 9,
    name: 'queued and failed regenerations',
    change: `
      -- Of the drafts of regenerated replies: the "seq" of the user message, and why no reply came of it, as JSON.
      ALTER TABLE drafts ADD COLUMN message_seq INTEGER;
      ALTER TABLE drafts ADD COLUMN ended TEXT;
      CREATE INDEX drafts_queued ON drafts (reply_to) WHERE variant > 1 AND ended IS NULL;
    `,
  },
  {
    number: 10,
    name: 'sessions that are read, pinned and archived',
    change: `
      ALTER TABLE sessions ADD COLUMN read_seq INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE sessions ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE sessions ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
      -- What was read is unknown. Otherwise everything would be unread.
      UPDATE sessions SET read_seq = last_seq;
      DROP INDEX sessions_by_activity;
      CREATE INDEX sessions_by_activity ON sessions (user_id, archived, active_at DESC, id DESC);
    `,
  },
  {
    number: 11,
    name: 'the tokens of requests to responders',
    change: `
      -- Belongs to the user, as it outlives the session.
      CREATE TABLE usage (
        reply_to TEXT NOT NULL,
        variant INTEGER NOT NULL,
        attempt INTEGER NOT NULL,
        user_id TEXT NOT NULL,
        day TEXT NOT NULL,
        model TEXT,
        prompt_tokens INTEGER NOT NULL,
        completion_tokens INTEGER NOT NULL,
        estimated INTEGER NOT NULL,
        outcome TEXT NOT NULL,
        PRIMARY KEY (reply_to, variant, attempt)
      ) STRICT, WITHOUT ROWID;
      -- Has the tokens too, so that a day is added up without reading its rows.
      CREATE INDEX usage_of_day ON usage (user_id, day, prompt_tokens, completion_tokens);
    `,
  },
  {
    number: 12,
    name: "users and tokens of the app's own backend",
    change: `
      ALTER TABLE users ADD COLUMN identity TEXT;
      CREATE UNIQUE INDEX users_identity ON users (identity) WHERE identity IS NOT NULL;
      ALTER TABLE logins ADD COLUMN external INTEGER NOT NULL DEFAULT 0;
      CREATE INDEX logins_external ON logins (expires_at) WHERE external;
      -- By the id of the login that stood for the token. Outlives its user.
      CREATE TABLE revoked_tokens (id TEXT PRIMARY KEY, expires_at TEXT NOT NULL) STRICT, WITHOUT ROWID;
      CREATE INDEX revoked_tokens_by_expiry ON revoked_tokens (expires_at);
    `,
  },
  {
    number: 13,
    name: 'messages in fewer bytes',
    change: `
      -- UUIDs are 16 bytes, times are milliseconds since 1970. "sender" is 0 for the user and 1 for the server. "client_message_id" is
      -- 16 bytes if it is a UUID in small letters, and text otherwise.
      CREATE TABLE compact_messages (
        place INTEGER PRIMARY KEY,
        id BLOB NOT NULL,
        sender INTEGER NOT NULL CHECK (sender IN (0, 1)),
        content TEXT NOT NULL,
        timestamp INTEGER NOT NULL,
        client_message_id ANY,
        reply_to BLOB,
        reply_seq INTEGER,
        variant_of BLOB,
        extra TEXT
      ) STRICT;
      INSERT INTO compact_messages
        SELECT place, unhex(id, '-'), sender = 'server', content, CAST(round(unixepoch(timestamp, 'subsec') * 1000) AS INTEGER),
          iif(client_message_id GLOB '${UUID_PATTERN}', unhex(client_message_id, '-'), client_message_id),
          unhex(reply_to, '-'), reply_seq, unhex(variant_of, '-'), extra
        FROM messages ORDER BY place;
      DROP TABLE messages;
      ALTER TABLE compact_messages RENAME TO messages;
      -- The id comes first: clients make ids that grow with time, so that the new entries of all sessions share a page.
      CREATE UNIQUE INDEX messages_client_message_id ON messages (client_message_id, place >> 32)
        WHERE client_message_id IS NOT NULL;
      CREATE UNIQUE INDEX messages_unanswered ON messages (id) WHERE sender = 0 AND reply_seq IS NULL;
      CREATE UNIQUE INDEX messages_variants ON messages (variant_of, extra ->> 'variant')
        WHERE variant_of IS NOT NULL;
      CREATE INDEX messages_replacing ON messages (extra ->> 'replaces')
        WHERE extra ->> 'replaces' IS NOT NULL;
    `,
  },
];

export const NEWEST_SCHEMA = MIGRATIONS.length;

/**
 * Applies the missing migrations. Several processes may call it concurrently: `onChange` is called in the one that applies them. Throws
 * `UnusableDatabase`, naming the database `name`, if a newer version of this program has written it, or if a migration needs a decision
 * by a person. Then nothing was changed.
 */
export function migrate(
  database: SqliteDatabase,
  name = 'The database',
  onChange: OnSchemaChange = () => {},
): void {
  const newest = NEWEST_SCHEMA;
  if (schemaOf(database) === newest) return;
  const startedAt = performance.now();
  database.exec('BEGIN IMMEDIATE');
  try {
    const version = schemaOf(database);
    if (version > newest) {
      throw new UnusableDatabase(
        `${name} has schema ${version}, but this version supports ${newest} at most: update the server.`,
      );
    }
    const missing = MIGRATIONS.filter((migration) => migration.number > version);
    const steps = missing.map((migration) => `${migration.number}: ${migration.name}`);
    const report = (milliseconds: number | null) => {
      // A new database has schema 0. Another process may have applied them meanwhile.
      if (version > 0 && version < newest) onChange({ from: version, to: newest, steps, milliseconds });
    };
    report(null);
    for (const { change } of missing) {
      if (typeof change === 'string') database.exec(change);
      else change(database);
    }
    database.exec(`PRAGMA user_version = ${newest}`);
    database.exec('COMMIT');
    report(Math.round(performance.now() - startedAt));
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

/** The number of the last migration that was applied, 0 for none. */
export function schemaOf(database: SqliteDatabase): number {
  return integer(database.prepare('PRAGMA user_version').get()?.user_version);
}

const EMAILS = 'SELECT email AS name, username AS owner FROM users';
const SESSIONS =
  'SELECT sessions.id AS name, username AS owner FROM sessions JOIN users ON users.id = user_id';

/**
 * Renames emails and session ids to their canonical forms. Throws `UnusableDatabase`, having changed nothing, if two rows would get the
 * same one. Earlier versions stored these texts as clients wrote them; all other ids were created by the server, in small letters.
 */
export function renameToCanonical(database: SqliteDatabase): void {
  const find = (sql: string, ...values: string[]) =>
    database
      .prepare(sql)
      .all(...values)
      .map(toStoredName);
  const emails = CanonicalNames.ofEmails(
    find(`${EMAILS} WHERE email GLOB '*[^!-~]*' OR email GLOB '*[A-Z]*'`),
  );
  const sessions = CanonicalNames.ofSessions(find(`${SESSIONS} WHERE sessions.id GLOB '*[A-F]*'`));
  emails.addAll(emails.targets.flatMap((email) => find(`${EMAILS} WHERE email = ?`, email)));
  sessions.addAll(sessions.targets.flatMap((id) => find(`${SESSIONS} WHERE sessions.id = ?`, id)));
  refuseCollisions(emails, sessions);
  const setEmail = database.prepare('UPDATE users SET email = ? WHERE email = ?');
  const setId = database.prepare('UPDATE sessions SET id = ? WHERE id = ?');
  for (const { from, to } of emails.renamings) setEmail.run(to, from);
  for (const { from, to } of sessions.renamings) setId.run(to, from);
}

function toStoredName(row: Row): StoredName {
  return { name: text(row.name), owner: text(row.owner) };
}
