import { randomUUID } from 'node:crypto';
import type { Message, ReplyDetails } from '../../src/domain/message';
import type { Session } from '../../src/domain/session';
import type { UserRecord } from '../../src/domain/user';
import type { ChatStore } from '../../src/stores/chatStore';
import {
  at,
  newExchange,
  newLogin,
  newQuestion,
  newReply,
  newSession,
  newUsage,
  times,
} from '../../testkit/builders';
import { addLogin, addUser, append, present, readAll } from '../contract/storeFixture';

const CONCURRENT_WRITES = 500;
const CONTENT = 'as long as people write, and a little longer than that '.repeat(2);

/** Details of replies, in turn. */
const DETAILS: ReplyDetails[] = [
  {},
  { finish: 'failed', error: { code: 'RESPONDER_FAILED' }, model: 'small 🐢' },
  { finish: 'stopped' },
];

/** Everything that the users of a store can read. */
export interface Chats {
  users: UserRecord[];
  logins: unknown[];
  /** In the order in which they are listed. */
  sessions: Session[];
  messages: Message[];
  unanswered: Message[];
  /** Of the day on which `addChats` has recorded some. */
  tokens: number[];
}

/** What `addChats` adds. */
export const CHATS = { users: 3, logins: 6, sessions: 15, messages: 138, unanswered: 9, drafts: 12 } as const;

/** Adds users with every kind of record to a store, and returns them. */
export async function addChats(store: ChatStore): Promise<UserRecord[]> {
  const users = [await addUser(store), await addUser(store, { identity: 'subject' }), await addUser(store)];
  await revokeTokens(store, users[1]?.id ?? '');
  for (const [index, { id }] of users.entries()) {
    await addLogin(store, newLogin(id, { userAgent: null, ip: null, generation: 7, expiresAt: at(index) }));
    await store.openSession(newSession(id, { createdAt: at(20 * index) }));
    await store.openSession(newSession(id, { name: 'Empty', createdAt: at(7 * index) }));
    await addRequests(store, id, index);
    for (const count of [1, 4, 12]) {
      const sessionId = await addSession(store, id, count, at(count * 3 - index));
      if (count > 1) await store.updateSession(id, sessionId, { pinned: true, archived: count > 4 });
      if (count > 4) await store.markRead(id, sessionId, 1_000);
    }
  }
  return users;
}

/** Leaves two revoked tokens. */
async function revokeTokens(store: ChatStore, userId: string): Promise<void> {
  for (const id of [randomUUID(), randomUUID()]) {
    await addLogin(store, newLogin(userId, { id, isExternal: true }));
    await store.deleteLogin(userId, id);
  }
}

/** Records the requests for two replies and for a title. */
async function addRequests(store: ChatStore, userId: string, promptTokens: number): Promise<void> {
  await store.addUsage(newUsage(userId, { promptTokens, model: 'small 🐢' }));
  await store.addUsage(newUsage(userId, { promptTokens, variant: 2, outcome: 'failed', estimated: true }));
  await store.addUsage(newUsage(userId, { promptTokens, variant: 0, model: null }));
}

/** Adds a session in which messages are answered immediately, later, or not at all, some twice, and some are edited. */
async function addSession(
  store: ChatStore,
  userId: string,
  count: number,
  timestamp: string,
): Promise<string> {
  const sessionId = randomUUID();
  const unanswered: Message[] = [];
  for (const index of times(count, (each) => each)) {
    const fields = { content: `  ${index} 🐢 "quoted" \\ \n line\t${'x'.repeat(index)}`, timestamp };
    if (index % 2 === 0) {
      const { message } = await append(store, newQuestion(userId, sessionId, fields));
      unanswered.push(message);
    } else {
      await append(store, newExchange(userId, sessionId, { ...fields, clientMessageId: `client-${index}` }));
    }
  }
  for (const [index, message] of unanswered.slice(0, -1).entries()) {
    await store.appendReply(newReply(userId, message, present(DETAILS[index % DETAILS.length])));
  }
  // The last one waits for its first reply, and is edited.
  for (const message of unanswered.slice(-2)) {
    await store.appendReply(newReply(userId, message, { variant: 2, model: 'small' }));
    await append(store, newExchange(userId, sessionId, { replaces: message.messageId, timestamp }));
  }
  await addDrafts(store, userId, unanswered);
  return sessionId;
}

/** Adds replies that are being made: the first one to the last message, and, if there are many messages, another one to the first. */
async function addDrafts(store: ChatStore, userId: string, messages: readonly Message[]): Promise<void> {
  const [answered, waiting] = [present(messages.at(0)), present(messages.at(-1))];
  const { sessionId } = waiting;
  const claim = {
    userId,
    sessionId,
    replyTo: waiting.messageId,
    variant: 1,
    owner: 'one',
    now: at(0),
    inTurn: false,
  };
  const draft = await store.claimDraft(claim);
  if (draft === null || draft === 'busy') throw new Error('the reply can not be made');
  await store.writeDraft({ ...draft, owner: 'one' }, { text: 'what was made of it' });
  if (messages.length <= 2) return;
  const target = { userId, sessionId, replyTo: answered.messageId, variant: 2 };
  expect(await store.queueVariant(target, at(0))).toBe('queued');
}

/** Reads everything that these users can read, except replies that are being made. */
export async function readChats(store: ChatStore, userIds: readonly string[]): Promise<Chats> {
  const chats: Chats = { users: [], logins: [], sessions: [], messages: [], unanswered: [], tokens: [] };
  for (const id of userIds) {
    chats.users.push(present(await store.findUser(id)));
    chats.tokens.push(await store.countTokens(id, newUsage(id).day));
    chats.logins.push(...(await store.listLogins(id, '')));
    const lists = [false, true].map((archived) =>
      store.listSessions(id, { limit: 100, archived }, at(1_000)),
    );
    const sessions = (await Promise.all(lists)).flatMap((list) => list.sessions);
    chats.sessions.push(...sessions);
    for (const session of sessions) chats.messages.push(...(await readAll(store, id, session.id)));
  }
  const unanswered = await store.findUnanswered(1_000);
  chats.unanswered = unanswered.flatMap(({ message, variant }) => (variant ? [] : [message]));
  return chats;
}

/** Adds answered messages to sessions of a new user, and returns the user's id. */
export async function addMany(store: ChatStore, exchanges: number, sessions = 10): Promise<string> {
  const { id } = await addUser(store);
  const sessionIds = times(sessions, () => randomUUID());
  for (let done = 0; done < exchanges; done += CONCURRENT_WRITES) {
    const batch = times(Math.min(CONCURRENT_WRITES, exchanges - done), (index) => {
      const sessionId = sessionIds[(done + index) % sessions] ?? '';
      return newExchange(id, sessionId, { content: CONTENT, clientMessageId: `${done + index}` });
    });
    await Promise.all(batch.map((exchange) => store.appendExchange(exchange)));
  }
  return id;
}
