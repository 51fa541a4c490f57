import { randomUUID } from 'node:crypto';
import { uuidv7 } from 'uuidv7';
import type { DatabaseConfig } from '../src/config/database';
import type { ChatStore } from '../src/stores/chatStore';
import { openStore } from '../src/stores/open';
import { Account } from './account';
import { at, newExchange } from './builders';
import { sqliteIn, startServer } from './server';

/** A user of a seeded database, with the access token of a login and the id of a session. */
export interface SeededUser {
  userId: string;
  token: string;
  sessionId: string;
}

/** A session with many messages, and the user who may read it. */
export interface SeededSession extends SeededUser {
  messages: number;
}

/** Sign-ups in flight. */
const CONCURRENT_SIGN_UPS = 50;
/** Appends in flight: fewer than a store refuses. */
const CONCURRENT_APPENDS = 500;
const SHORT_SESSION_MESSAGES = 1_000;
const DAY_MS = 86_400_000;
const CONTENT = 'the quick brown fox jumps over the lazy dog and says something of the usual length';

/** Creates users in the SQLite database of this folder, as `seedUsersIn` does. */
export function seedUsers(directory: string, count: number): Promise<SeededUser[]> {
  return seedUsersIn(sqliteIn(directory), count);
}

/**
 * Creates users in the database, each with a login that lasts a day, by signing them up at a server. Their tokens are valid for servers
 * with `TEST_SECRET`. Their sessions are not created yet.
 */
export async function seedUsersIn(database: DatabaseConfig, count: number): Promise<SeededUser[]> {
  const server = await startServer({ database, config: { jwtExpiresInMs: DAY_MS } });
  try {
    const users: SeededUser[] = [];
    await repeat(count, CONCURRENT_SIGN_UPS, async () => {
      const { user, token } = (await Account.signUp(server.url)).login;
      users.push({ userId: user.id, token, sessionId: randomUUID() });
    });
    return users;
  } finally {
    await server.close();
  }
}

/**
 * Fills the SQLite database of this folder with `total` messages: `longest` of them in one session, the rest in sessions of 1,000.
 * Goes through the interface of the store, so it depends on no schema.
 */
export async function seedMessages(
  directory: string,
  { total, longest }: { total: number; longest: number },
): Promise<SeededSession> {
  const [user] = await seedUsers(directory, 1);
  if (!user) throw new Error('No user was created');
  const store = await openStore(sqliteIn(directory));
  try {
    await fillSession(store, user.userId, user.sessionId, longest);
    for (let filled = longest; filled < total; filled += SHORT_SESSION_MESSAGES) {
      await fillSession(store, user.userId, uuidv7(), SHORT_SESSION_MESSAGES);
    }
  } finally {
    await store.close();
  }
  return { ...user, messages: longest };
}

/** Appends messages to a session, every second one a reply. */
async function fillSession(
  store: ChatStore,
  userId: string,
  sessionId: string,
  messages: number,
): Promise<void> {
  await repeat(messages / 2, CONCURRENT_APPENDS, async (index) => {
    const stored = await store.appendExchange(
      newExchange(userId, sessionId, { content: CONTENT, timestamp: at(index) }),
    );
    if (!stored) throw new Error('The session belongs to another user');
  });
}

/** Calls `work` with 0, 1, 2 … `count` times in all, at most `concurrency` at a time. */
async function repeat(
  count: number,
  concurrency: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let started = 0;
  const lane = async () => {
    while (started < count) {
      const index = started;
      started += 1;
      await work(index);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
}
