import type { Message } from '../../domain/message';
import type { MessageDocument } from '../../models/messageModel';
import type { Models } from '../../models/models';
import type { SessionDocument } from '../../models/sessionModel';
import { toLoginDocument } from '../../stores/mongo/logins';
import { toUserDocument } from '../../stores/mongo/users';
import type { ChatRecords } from '../transfer/records';
import type { Writers } from '../transfer/transfer';

/** Writes records into empty collections. */
export function writersOf({ users, logins, sessions, messages }: Models): Writers {
  return {
    async users(records) {
      await users.insertMany(records.map(toUserDocument));
    },
    async logins(records) {
      await logins.insertMany(records.map(toLoginDocument));
    },
    async sessions(records) {
      await sessions.insertMany(records.map(toSessionDocument));
    },
    /** Messages come session by session, in their order, so what a reply answers is written before it or with it. */
    async messages(records) {
      const replied = new Set(records.map(({ replyTo }) => replyTo));
      await messages.insertMany(
        records.map((message) => toMessageDocument(message, !replied.has(message.messageId))),
      );
      const here = new Set(records.map(({ messageId }) => messageId));
      const answeredBefore = records.flatMap(({ replyTo = '' }) =>
        replyTo && !here.has(replyTo) ? replyTo : [],
      );
      if (answeredBefore.length === 0) return;
      await messages.updateMany({ _id: { $in: answeredBefore } }, { $unset: { unanswered: 1 } });
    },
  };
}

function toSessionDocument({ id, ...session }: ChatRecords['sessions']): SessionDocument {
  const activeAt = session.lastMessageAt ?? session.createdAt;
  return { _id: id, key: keyOf(id), ...session, activeAt };
}

function toMessageDocument({ messageId, ...message }: Message, isUnanswered: boolean): MessageDocument {
  const isOwed = isUnanswered && message.sender === 'user';
  const sessionKey = keyOf(message.sessionId);
  return { _id: messageId, sessionKey, ...message, ...(isOwed && { unanswered: true }) };
}

/** A session that is made here gets a random key, so one that was copied can have its id for it. */
function keyOf(sessionId: string): string {
  return sessionId;
}
