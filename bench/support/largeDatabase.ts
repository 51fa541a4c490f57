import { join } from 'node:path';
import { uuidv7 } from 'uuidv7';
import { openConnection } from '../../src/stores/sqlite/connection';
import { createMessageTable } from '../../src/stores/sqlite/messages';
import { createSessionTable } from '../../src/stores/sqlite/sessions';
import { at } from '../../tests/support/builders';
import { populate } from './population';

/** A session that is read, and the number of its messages. */
export interface LargeSession {
  token: string;
  sessionId: string;
  messages: number;
}

const TRANSACTION_MESSAGES = 20_000;
const CONTENT = 'the quick brown fox jumps over the lazy dog and says something of the usual length';

/** Makes a database with one long session and, in others of 1,000 each, the rest of so many messages. */
export async function makeLargeDatabase(
  directory: string,
  { total, longest }: { total: number; longest: number },
): Promise<LargeSession> {
  const [reader] = await populate(directory, 1);
  if (!reader?.token) throw new Error('there is nobody to read');
  const database = openConnection(join(directory, 'chat.db'));
  // Nothing that is filled in here has to outlast a loss of power.
  database.exec('PRAGMA synchronous = OFF');
  const sessions = createSessionTable(database);
  const insert = createMessageTable(database).insert;
  const setEnd = database.prepare(
    'UPDATE sessions SET last_seq = ?, last_message_at = created_at WHERE key = ?',
  );

  const fill = (id: string, messages: number): void => {
    const made = sessions.insert({ id, userId: reader.userId, name: 'filled', createdAt: at(0) });
    if (!made) throw new Error('the session could not be made');
    setEnd.run(messages, made.key);
    for (let seq = 1; seq <= messages; ) {
      database.exec('BEGIN IMMEDIATE');
      for (const end = Math.min(messages, seq + TRANSACTION_MESSAGES - 1); seq <= end; seq += 1) {
        const message = {
          messageId: uuidv7(),
          seq,
          sender: 'server',
          content: CONTENT,
          timestamp: at(seq),
        } as const;
        insert(made.key, message);
      }
      database.exec('COMMIT');
    }
  };
  fill(reader.sessionId, longest);
  for (let filled = longest; filled < total; filled += 1_000) fill(uuidv7(), 1_000);
  database.close();
  return { token: reader.token, sessionId: reader.sessionId, messages: longest };
}
