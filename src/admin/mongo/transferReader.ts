import type { Message } from '../../domain/message';
import { nameFromContent, type Session } from '../../domain/session';
import type { MessageDocument } from '../../models/messageModel';
import { type Models, NOT_DELETED } from '../../models/models';
import type { SessionDocument } from '../../models/sessionModel';
import { toLogin } from '../../stores/mongo/logins';
import { toMessage } from '../../stores/mongo/messages';
import { toSession } from '../../stores/mongo/sessions';
import { toUserRecord } from '../../stores/mongo/users';
import { BATCH_RECORDS, type Counts } from '../transfer/records';
import type { Readers } from '../transfer/transfer';

/** Sessions whose messages are asked for together. */
const SESSIONS_AT_ONCE = 200;

/**
 * Reads all records, as the store shows them: without what belongs to users and sessions that are being deleted, and with
 * what a crash left half-done completed.
 */
export function readersOf(models: Models): Readers {
  const { users, logins } = models;
  const after = (id: string) => ({ _id: { $gt: id } });
  return {
    async *users() {
      const page = (id: string) =>
        users
          .find({ ...after(id), ...NOT_DELETED })
          .sort({ _id: 1 })
          .limit(BATCH_RECORDS);
      for await (const found of pages((id) => page(id).lean().exec())) yield found.map(toUserRecord);
    },
    async *logins() {
      const page = (id: string) => logins.find(after(id)).sort({ _id: 1 }).limit(BATCH_RECORDS);
      for await (const found of pages((id) => page(id).lean().exec())) {
        yield (await ofLiveUsers(models, found)).map(toLogin);
      }
    },
    async *sessions() {
      for await (const found of liveSessions(models)) {
        yield await Promise.all(found.map((session) => completed(models, session)));
      }
    },
    async *messages() {
      for await (const found of liveSessions(models)) yield* messagesOf(models, found);
    },
  };
}

export async function countsOf({ users, logins, sessions, messages }: Models): Promise<Counts> {
  return {
    users: await users.estimatedDocumentCount(),
    logins: await logins.estimatedDocumentCount(),
    sessions: await sessions.estimatedDocumentCount(),
    messages: await messages.estimatedDocumentCount(),
  };
}

/** Reads a collection in the order of its ids. */
async function* pages<T extends { _id: string }>(
  readAfter: (id: string) => Promise<T[]>,
): AsyncGenerator<T[]> {
  for (let found = await readAfter(''); found.length > 0; found = await readAfter(found.at(-1)?._id ?? '')) {
    yield found;
  }
}

/** Sessions are read with their users in view, and messages with their sessions: what belongs to none is a leftover. */
async function* liveSessions(models: Models): AsyncGenerator<SessionDocument[]> {
  const page = (id: string) =>
    models.sessions
      .find({ _id: { $gt: id }, ...NOT_DELETED })
      .sort({ _id: 1 })
      .limit(SESSIONS_AT_ONCE);
  for await (const found of pages((id) => page(id).lean().exec())) yield ofLiveUsers(models, found);
}

async function ofLiveUsers<T extends { userId: string }>({ users }: Models, found: T[]): Promise<T[]> {
  const ids = [...new Set(found.map(({ userId }) => userId))];
  const live = await users.find({ _id: { $in: ids }, ...NOT_DELETED }, { _id: 1 }).lean();
  const liveIds = new Set(live.map(({ _id }) => _id));
  return found.filter(({ userId }) => liveIds.has(userId));
}

/** A session can lag behind its messages after a crash. */
async function completed({ messages }: Models, session: SessionDocument): Promise<Session> {
  const { key: sessionKey, name } = session;
  const last = await messages.findOne({ sessionKey }, { seq: 1, timestamp: 1 }).sort({ seq: -1 }).lean();
  if (!last) return toSession(session);
  const first = name === null ? await messages.findOne({ sessionKey, seq: 1 }).lean() : null;
  return {
    ...toSession(session),
    name: first ? nameFromContent(first.content) : name,
    lastSeq: last.seq,
    lastMessageAt: last.timestamp,
  };
}

/** The messages of these sessions, session by session in their order: one range after the other of one index. */
async function* messagesOf({ messages }: Models, sessions: SessionDocument[]): AsyncGenerator<Message[]> {
  const keys = sessions.map(({ key }) => key);
  const cursor = messages.collection
    .find<MessageDocument>({ sessionKey: { $in: keys } })
    .sort({ sessionKey: 1, seq: 1 })
    .batchSize(BATCH_RECORDS);
  let batch: Message[] = [];
  for await (const document of cursor) {
    batch.push(toMessage(document));
    if (batch.length < BATCH_RECORDS) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}
