import { ChatError } from '../../domain/errors';
import { CLIENT_ID_INDEX, type MessageDocument, REPLY_INDEX, SEQ_INDEX } from '../../models/messageModel';
import { fulfilled, rejected } from './batcher';
import type { Deadline } from './callDeadlines';
import type { DuplicateKey, MessageInserts } from './messageInserts';
import type { Exchange, MessageRepository, Unsequenced, UnsequencedExchange } from './messages';

/** `duplicate` if the exchange was stored before. */
export type InsertedExchange = Exchange & { duplicate: boolean };

type Outcome = PromiseSettledResult<InsertedExchange>;

/** MongoDB's own unique index on `_id`. */
const ID_INDEX = '_id_';

/**
 * Inserts messages with the `seq` that follows the session's last one. If another server has taken that `seq`, the unique index
 * rejects the message; then the actual last `seq` is read and the insert is retried, so there is never a gap.
 */
export class SequencedInsert {
  constructor(
    private readonly messages: MessageRepository,
    private readonly inserts: MessageInserts,
  ) {}

  /**
   * Inserts the exchanges of a session in order, or finds those whose `clientMessageId` is stored. An exchange that fails affects only
   * itself. `presumedLastSeq` may be stale.
   */
  async insertExchanges(
    exchanges: readonly UnsequencedExchange[],
    presumedLastSeq: number,
    deadline: Deadline,
  ): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    let lastSeq = presumedLastSeq;
    while (outcomes.length < exchanges.length) {
      deadline.check();
      const step = await this.insertUpToDuplicate(exchanges.slice(outcomes.length), lastSeq, deadline);
      outcomes.push(...step.outcomes);
      lastSeq = step.lastSeq;
    }
    return outcomes;
  }

  /** Inserts the reply; if its message already has one, returns that with `inserted: false`. */
  async insertReply(
    reply: Unsequenced,
    presumedLastSeq: number,
    deadline: Deadline,
  ): Promise<{ reply: MessageDocument; inserted: boolean }> {
    for (let lastSeq = presumedLastSeq; ; lastSeq = await this.messages.lastSeq(reply.sessionKey)) {
      deadline.check();
      const sequenced = { ...reply, seq: lastSeq + 1 };
      const duplicateKey = await this.inserts.insert([sequenced]);
      if (duplicateKey === null) return { reply: sequenced, inserted: true };
      if (duplicateKey.indexName === SEQ_INDEX) continue;
      const earlier = await this.messages.findReply(reply.replyTo ?? '');
      if (earlier) return { reply: earlier, inserted: false };
      if (duplicateKey.indexName !== REPLY_INDEX) throw duplicateIdError(reply);
    }
  }

  /** Inserts with one command as much as it can, and resolves the duplicate key that it stopped at, if any. */
  private async insertUpToDuplicate(
    exchanges: readonly UnsequencedExchange[],
    lastSeq: number,
    deadline: Deadline,
  ): Promise<{ outcomes: Outcome[]; lastSeq: number }> {
    const sequenced = assignSeq(lastSeq, exchanges);
    const duplicateKey = await this.inserts.insert(sequenced.flatMap(documentsOf));
    const stored = duplicateKey ? exchangesBefore(sequenced, duplicateKey.position) : sequenced;
    const outcomes: Outcome[] = stored.map((exchange) => fulfilled({ ...exchange, duplicate: false }));
    const failed = sequenced[stored.length];
    if (!duplicateKey || !failed) return { outcomes, lastSeq: lastSeqOf(outcomes, lastSeq) };

    const outcome = await this.resolveDuplicate(failed, duplicateKey, deadline);
    if (outcome) outcomes.push(outcome);
    const actual =
      duplicateKey.indexName === SEQ_INDEX ? await this.messages.lastSeq(failed.message.sessionKey) : 0;
    return { outcomes, lastSeq: Math.max(actual, lastSeqOf(outcomes, lastSeq)) };
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
      const inserted = await this.insertReply(reply, stored.seq, deadline);
      return fulfilled({ message: stored, reply: inserted.reply, duplicate: false });
    } catch (error) {
      return rejected(error);
    }
  }

  /** Finds the exchange with the same `clientMessageId`. If it has the same id, an earlier attempt of this very call has stored it. */
  private async findEarlier({ _id, sessionKey, clientMessageId }: MessageDocument): Promise<Outcome | null> {
    if (clientMessageId === undefined) return null;
    const earlier = await this.messages.findExchange(sessionKey, clientMessageId);
    return earlier && fulfilled({ ...earlier, duplicate: earlier.message._id !== _id });
  }
}

/** The messages of an exchange in the order of their `seq`. */
export function documentsOf({ message, reply }: Exchange): MessageDocument[] {
  return reply ? [message, reply] : [message];
}

/** Gives the messages consecutive `seq`, in their order. */
function assignSeq(lastSeq: number, exchanges: readonly UnsequencedExchange[]): Exchange[] {
  let seq = lastSeq;
  return exchanges.map(({ message, reply }) => ({
    message: { ...message, seq: ++seq },
    reply: reply && { ...reply, seq: ++seq },
  }));
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

/** The largest `seq` among the outcomes, at least `presumed`. */
function lastSeqOf(outcomes: readonly Outcome[], presumed: number): number {
  const inserted = outcomes.flatMap((outcome) =>
    outcome.status === 'fulfilled' ? documentsOf(outcome.value) : [],
  );
  return inserted.reduce((last, { seq }) => Math.max(last, seq), presumed);
}

function duplicateIdError({ _id }: Unsequenced): ChatError {
  return new ChatError('INTERNAL', { cause: new Error(`there is another message with the id ${_id}`) });
}
