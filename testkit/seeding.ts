import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Sender } from '../bench/load/plan';
import { SECRET } from '../bench/support/servers';
import { Tokens } from '../src/services/tokens';
import type { ChatStore } from '../src/stores/chatStore';
import { openSqliteStore } from '../src/stores/sqlite/store';
import { newLogin, newUser } from './builders';

/** Fewer than a store refuses. */
const AT_ONCE = 500;
const DAY_MS = 86_400_000;
const tokens = new Tokens({ jwtSecrets: [SECRET], jwtExpiresInMs: DAY_MS }, Date.now);

/** Makes the database of a server in this folder, with so many users, each with a login. */
export async function populate(directory: string, users: number): Promise<(Sender & { userId: string })[]> {
  const store = await openSqliteStore(join(directory, 'chat.db'));
  const expiresAt = new Date(Date.now() + DAY_MS).toISOString();
  const senders: (Sender & { userId: string })[] = [];
  while (senders.length < users) {
    const count = Math.min(AT_ONCE, users - senders.length);
    senders.push(...(await Promise.all(Array.from({ length: count }, () => addSender(store, expiresAt)))));
  }
  await store.close();
  return senders;
}

async function addSender(store: ChatStore, expiresAt: string): Promise<Sender & { userId: string }> {
  const user = newUser();
  const login = newLogin(user.id, { expiresAt });
  await store.createUser(user, login);
  return { userId: user.id, token: tokens.signAccess(login).token, sessionId: randomUUID() };
}
