import { uuidv7 } from 'uuidv7';
import type { Message } from '../src/domain/message';
import type { NewSession } from '../src/domain/session';
import type { Login, RequestUsage, UserRecord } from '../src/domain/user';
import type { NewExchange, NewReply } from '../src/stores/chatStore';

/** A timestamp that is the same in every run: `seconds` after the start of 2026. */
export function at(seconds: number): string {
  return new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
}

/** Calls `make` with 0, 1, 2 … and returns its `count` results. */
export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** A unique name, within the limits of a username. */
export function uniqueName(prefix = 'user'): string {
  return `${prefix}_${uuidv7().replaceAll('-', '').slice(-16)}`;
}

/** A user with an email. */
export type NamedUser = UserRecord & { email: string };

/** A user as a store keeps it. The password hash matches no password. */
export function newUser(fields: Partial<NamedUser> = {}): NamedUser {
  const name = uniqueName();
  const createdAt = at(0);
  return {
    id: uuidv7(),
    username: name,
    email: `${name}@example.com`,
    passwordHash: `hash of ${name}`,
    createdAt,
    updatedAt: createdAt,
    ...fields,
  };
}

/** A login that expires an hour into 2026. */
export function newLogin(userId: string, fields: Partial<Login> = {}): Login {
  return {
    id: uuidv7(),
    userId,
    createdAt: at(0),
    lastUsedAt: at(0),
    expiresAt: at(3600),
    userAgent: 'Mozilla/5.0 (contract)',
    ip: '203.0.113.7',
    generation: 0,
    confirmedAt: at(0),
    ...fields,
  };
}

/** The usage of a request of its own, on the first day of 2026. */
export function newUsage(userId: string, fields: Partial<RequestUsage> = {}): RequestUsage {
  const key = { replyTo: uuidv7(), variant: 1, attempt: 1 };
  const tokens = { promptTokens: 12, completionTokens: 3, estimated: false };
  return {
    ...key,
    userId,
    day: at(0).slice(0, 10),
    model: 'small',
    ...tokens,
    outcome: 'complete',
    ...fields,
  };
}

/** An empty session without a name. */
export function newSession(userId: string, fields: Partial<NewSession> = {}): NewSession {
  return { id: uuidv7(), userId, name: null, createdAt: at(0), ...fields };
}

type MessageFields = Partial<NewExchange['message']>;

/** A user message without a reply. */
export function newQuestion(userId: string, sessionId: string, fields: MessageFields = {}): NewExchange {
  const message = { messageId: uuidv7(), content: 'Hello', timestamp: at(1), ...fields };
  return { userId, sessionId, message };
}

/** A user message with its reply. */
export function newExchange(
  userId: string,
  sessionId: string,
  fields: MessageFields = {},
): Required<NewExchange> {
  const question = newQuestion(userId, sessionId, fields);
  const { content, timestamp } = question.message;
  return { ...question, reply: { messageId: uuidv7(), content: `Echo: ${content}`, timestamp } };
}

/** A reply to a stored message. */
export function newReply(userId: string, message: Message, fields: Partial<NewReply> = {}): NewReply {
  return {
    userId,
    sessionId: message.sessionId,
    replyTo: message.messageId,
    messageId: uuidv7(),
    content: `Echo: ${message.content}`,
    timestamp: message.timestamp,
    ...fields,
  };
}
