import { setTimeout } from 'node:timers/promises';
import { ChatError } from '../../domain/errors';
import {
  CLIENT_ID_INDEX,
  type MessageDocument,
  REPLY_INDEX,
  SEQ_INDEX,
  VARIANT_INDEX,
} from '../../models/messageModel';
import type { SessionDocument } from '../../models/sessionModel';
import { inOrder, type LastStamp } from '../messageOrder';
import { fulfilled, rejected } from './batcher';
import type { Deadline } from './callDeadlines';
import type { DuplicateKey, MessageInserts, UnreportedMessages } from './messageInserts';
import type { Exchange, MessageRepository, Unsequenced, UnsequencedExchange } from './messages';

/** `duplicate` if the exchange was stored before. */
export type InsertedExchange = Exchange & { duplicate: boolean };

type Outcome = PromiseSettledResult<InsertedExchange>;

/** The last message of a session, as far as known. `messageId` is null if it is unknown or there is no message. */
export interface LastMessage extends LastStamp {
  seq: number;
}

/** The last message of a session, as far as its document tells. */
export function lastMessageOf({ lastSeq, activeAt }: SessionDocument): LastMessage {
  return { seq: lastSeq, timestamp: activeAt, messageId: null };
}

/** How long to wait for a message that an index knows and a read doesn't show yet, because it is not replicated. */
const VISIBLE_RETRY_MS = 50;

/** MongoDB's own unique index on `_id`. */
const ID_INDEX = '_id_';

/**
 * Inserts messages with the `seq` that follows the session's last one, and with times and ids in the same order. If another server has
 * taken that `seq`, the unique index rejects the message; then the actual last message is read and the insert is retried, so there is
 * never a gap.
 */
export class SequencedInsert {
  constructor(
    private readonly messages: MessageRepository,
    private readonly inserts: MessageInserts,
    private readonly unreported: UnreportedMessages,
  ) {}

  /**
   * Inserts the exchanges of a session in order, or finds those whose `clientMessageId` is stored. An exchange that fails affects only
   * itself. `session` may be stale.
   */
  async insertExchanges(
    exchanges: readonly UnsequencedExchange[],
    session: SessionDocument,
    deadline: Deadline,
  ): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    let last = lastMessageOf(session);
    while (outcomes.length < exchanges.length) {
      deadline.check();
      const step = await this.insertUpToDuplicate(exchanges.slice(outcomes.length), last, deadline);
      outcomes.push(...step.outcomes);
      last = step.last;
    }
    return outcomes;
  }

  /** Inserts the reply; if its message already has one, or this variant of it, returns that with `inserted: false`. */
  async insertReply(
    reply: Unsequenced,
    presumedLast: LastMessage,
    deadline: Deadline,
  ): Promise<{ reply: MessageDocument; inserted: boolean }> {
    const { replyTo = reply.variantOf ?? '', extra } = reply;
    for (let last = presumedLast; ; last = await this.readLast(reply.sessionKey, last)) {
      deadline.check();
      const sequenced = follow(await this.withId(reply, last), reply);
      const duplicateKey = await this.insert([sequenced]);
      if (duplicateKey === null) return { reply: sequenced, inserted: true };
      if (duplicateKey.indexName === SEQ_INDEX) continue;
      const earlier = await this.messages.findReply(replyTo, extra?.variant);
      if (earlier) return { reply: earlier, inserted: false };
      if (![REPLY_INDEX, VARIANT_INDEX].includes(duplicateKey.indexName)) throw duplicateIdError(reply);
      await setTimeout(VISIBLE_RETRY_MS);
    }
  }

  private insert(documents: MessageDocument[]): Promise<DuplicateKey | null> {
    this.unreported.add(documents);
    return this.inserts.insert(documents);
  }

  /** Inserts with one command as much as it can, and resolves the duplicate key that it stopped at, if any. */
  private async insertUpToDuplicate(
    exchanges: readonly UnsequencedExchange[],
    presumedLast: LastMessage,
    deadline: Deadline,
  ): Promise<{ outcomes: Outcome[]; last: LastMessage }> {
    const [first] = exchanges;
    const last = first ? await this.withId(first.message, presumedLast) : presumedLast;
    const sequenced = assignSeq(last, exchanges);
    const duplicateKey = await this.insert(sequenced.flatMap(documentsOf));
    const stored = duplicateKey ? exchangesBefore(sequenced, duplicateKey.position) : sequenced;
    const outcomes: Outcome[] = stored.map((exchange) => fulfilled({ ...exchange, duplicate: false }));
    const failed = sequenced[stored.length];
    if (!duplicateKey || !failed) return { outcomes, last: latestOf(outcomes, last) };

    const outcome = await this.resolveDuplicate(failed, duplicateKey, deadline);
    if (outcome) outcomes.push(outcome);
    const latest = latestOf(outcomes, last);
    if (duplicateKey.indexName !== SEQ_INDEX) return { outcomes, last: latest };
    return { outcomes, last: await this.readLast(failed.message.sessionKey, latest) };
  }

  /** The last message in the collection, or `known` if that is later. */
  private async readLast(sessionKey: string, known: LastMessage): Promise<LastMessage> {
    const found = await this.messages.findLast(sessionKey);
    return found && found.seq >= known.seq ? toLast(found) : known;
  }

  /** Reads the id of the last message if the time alone does not show that `next` follows it. */
  private async withId(next: Unsequenced, last: LastMessage): Promise<LastMessage> {
    const isKnown = last.messageId !== null || last.seq === 0 || next.timestamp > last.timestamp;
    return isKnown ? last : this.readLast(next.sessionKey, last);
  }

  /** The outcome of an exchange of which one message was rejected; null if it has to be retried with another `seq`. */
  private async resolveDuplicate(
    { message, reply }: Exchange,
    { indexName }: DuplicateKey,
    deadline: Deadline,
  ): Promise<Outcome | null> {
    if (indexName === CLIENT_ID_INDEX) return this.findEarlier(message);
    const stored = await this.messages.find(message.sessionKey, message._id);
    if (!stored) return indexName === ID_INDEX ? rejected(duplicateIdError(message)) : null;
    if (!reply) return fulfilled({ message: stored, reply: null, duplicate: false });
    try {
      // The message is stored, so only its reply is missing; it takes the next free `seq`.
      const inserted = await this.insertReply(reply, toLast(stored), deadline);
      return fulfilled({ message: stored, reply: inserted.reply, duplicate: false });
    } catch (error) {
      return rejected(error);
    }
  }

  /** Finds the exchange with the same `clientMessageId`. If it has the same id, an earlier attempt of this very call has stored it. */
  private async findEarlier({ _id, sessionKey, clientMessageId }: MessageDocument): Promise<Outcome | null> {
    if (clientMessageId === undefined) return null;
    const earlier = await this.messages.findExchange(sessionKey, clientMessageId);
    if (!earlier) await setTimeout(VISIBLE_RETRY_MS);
    return earlier && fulfilled({ ...earlier, duplicate: earlier.message._id !== _id });
  }
}

/** The messages of an exchange in the order of their `seq`. */
export function documentsOf({ message, reply }: Exchange): MessageDocument[] {
  return reply ? [message, reply] : [message];
}

/** Gives the messages consecutive `seq`, in their order. */
function assignSeq(presumedLast: LastMessage, exchanges: readonly UnsequencedExchange[]): Exchange[] {
  let last = presumedLast;
  return exchanges.map((exchange) => {
    const message = follow(last, exchange.message);
    const reply = exchange.reply && follow(toLast(message), { ...exchange.reply, replyTo: message._id });
    last = toLast(reply ?? message);
    return { message, reply };
  });
}

/** The next message after `last`: with its `seq`, and with a time and an id that are not below its own. */
function follow(last: LastMessage, next: Unsequenced): MessageDocument {
  const { messageId, timestamp } = inOrder(last, { messageId: next._id, timestamp: next.timestamp });
  return { ...next, _id: messageId, timestamp, seq: last.seq + 1 };
}

function toLast({ seq, timestamp, _id }: MessageDocument): LastMessage {
  return { seq, timestamp, messageId: _id };
}

/** The exchanges all of whose messages come before this position. */
function exchangesBefore(exchanges: readonly Exchange[], position: number): readonly Exchange[] {
  let end = 0;
  const firstAfter = exchanges.findIndex((exchange) => {
    end += documentsOf(exchange).length;
    return end > position;
  });
  return firstAfter < 0 ? exchanges : exchanges.slice(0, firstAfter);
}

/** The latest message among the outcomes, or `last` if none is later. */
function latestOf(outcomes: readonly Outcome[], last: LastMessage): LastMessage {
  const inserted = outcomes.flatMap((outcome) =>
    outcome.status === 'fulfilled' ? documentsOf(outcome.value) : [],
  );
  return inserted.map(toLast).reduce((latest, each) => (each.seq > latest.seq ? each : latest), last);
}

function duplicateIdError({ _id }: Unsequenced): ChatError {
  return new ChatError('INTERNAL', { cause: new Error(`there is another message with the id ${_id}`) });
}
