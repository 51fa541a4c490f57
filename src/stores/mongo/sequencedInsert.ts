import { CLIENT_ID_INDEX, type MessageDocument, REPLY_INDEX, SEQ_INDEX } from '../../models/messageModel';
import type { Deadline } from './callDeadlines';
import type { MessageInserts, Refusal } from './messageInserts';
import type { Exchange, MessageRecords } from './messageRecords';
import {
  documentsOf,
  idTaken,
  lastSeqOf,
  placeAfter,
  type Unplaced,
  type UnplacedExchange,
} from './newMessages';
import { fulfilled, rejected } from './waiting';

/** `duplicate` if it was there before. */
export type AppendedExchange = Exchange & { duplicate: boolean };

type Outcome = PromiseSettledResult<AppendedExchange>;

/** The unique index of MongoDB itself. */
const ID_INDEX = '_id_';

/**
 * Gives messages their `seq`: the one after the session's last, and the unique index refuses it if another server was
 * faster. Then the real end is read and the next one tried, so that there is never a gap.
 */
export class Appender {
  constructor(
    private readonly messages: MessageRecords,
    private readonly inserts: MessageInserts,
  ) {}

  /**
   * Appends each message of a session and the reply it came with, or finds the exchange that its `clientMessageId` names. What
   * can't be stored costs no other one.
   */
  async appendExchanges(
    exchanges: readonly UnplacedExchange[],
    presumedLastSeq: number,
    deadline: Deadline,
  ): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    let lastSeq = presumedLastSeq;
    let atOnce = exchanges.length;
    while (outcomes.length < exchanges.length) {
      deadline.check();
      const next = exchanges.slice(outcomes.length, outcomes.length + atOnce);
      const step = await this.#appendUpToRefusal(next, lastSeq, deadline);
      outcomes.push(...step.outcomes);
      lastSeq = step.lastSeq;
      // Where it is not told which one was refused, it shows when each is tried on its own.
      if (!step.isTold) atOnce = 1;
    }
    return outcomes;
  }

  /** Appends the reply, unless its message has one already: then that is returned, and not `appended`. */
  async appendReply(
    reply: Unplaced,
    presumedLastSeq: number,
    deadline: Deadline,
  ): Promise<{ reply: MessageDocument; appended: boolean }> {
    for (let lastSeq = presumedLastSeq; ; lastSeq = await this.messages.lastSeq(reply.sessionKey)) {
      deadline.check();
      const placed = { ...reply, seq: lastSeq + 1 };
      const refusal = await this.inserts.insert([placed]);
      if (refusal === null) return { reply: placed, appended: true };
      if (refusal.index === SEQ_INDEX) continue;
      const earlier = await this.messages.findReply(reply.replyTo ?? '');
      if (earlier) return { reply: earlier, appended: false };
      if (refusal.index !== REPLY_INDEX) throw idTaken(reply);
    }
  }

  /** Appends what it can with one insert, and sees to the exchange where that ended. */
  async #appendUpToRefusal(
    exchanges: readonly UnplacedExchange[],
    lastSeq: number,
    deadline: Deadline,
  ): Promise<{ outcomes: Outcome[]; lastSeq: number; isTold: boolean }> {
    const placed = placeAfter(lastSeq, exchanges);
    const refusal = await this.inserts.insert(placed.flatMap(documentsOf));
    const stored = storedBefore(placed, refusal);
    const outcomes: Outcome[] = stored.map((exchange) => fulfilled({ ...exchange, duplicate: false }));
    const refused = placed[stored.length];
    const isTold = refusal?.at !== undefined || placed.length === 1;
    if (refusal && refused && isTold) {
      const outcome = await this.#resolve(refused, refusal, deadline);
      if (outcome) outcomes.push(outcome);
    }
    const isTaken = refusal?.index === SEQ_INDEX && refused;
    const end = isTaken ? await this.messages.lastSeq(refused.message.sessionKey) : endOf(outcomes);
    return { outcomes, lastSeq: Math.max(lastSeq, end), isTold };
  }

  /** What becomes of an exchange that was refused, all or in part. Null if it is to be tried again at another place. */
  async #resolve(refused: Exchange, refusal: Refusal, deadline: Deadline): Promise<Outcome | null> {
    const { message, reply } = refused;
    if (refusal.index === CLIENT_ID_INDEX) return this.#findRepeated(message);
    const stored = await this.messages.find(message.sessionKey, message._id);
    if (!stored) return refusal.index === ID_INDEX ? rejected(idTaken(message)) : null;
    if (!reply) return fulfilled({ message: stored, reply: null, duplicate: false });
    try {
      // The reply alone was refused, so it is to follow.
      const { reply: appended } = await this.appendReply(reply, stored.seq, deadline);
      return fulfilled({ message: stored, reply: appended, duplicate: false });
    } catch (error) {
      return rejected(error);
    }
  }

  async #findRepeated({ _id, sessionKey, clientMessageId }: MessageDocument): Promise<Outcome | null> {
    if (clientMessageId === undefined) return null;
    const earlier = await this.messages.findExchange(sessionKey, clientMessageId);
    return earlier && fulfilled({ ...earlier, duplicate: earlier.message._id !== _id });
  }
}

/** The exchanges that are stored whole before the one that was refused. */
function storedBefore(placed: readonly Exchange[], refusal: Refusal | null): readonly Exchange[] {
  if (refusal === null) return placed;
  if (refusal.at === undefined) return [];
  let end = 0;
  let whole = 0;
  for (const exchange of placed) {
    end += documentsOf(exchange).length;
    if (end <= refusal.at) whole++;
  }
  return placed.slice(0, whole);
}

function endOf(outcomes: readonly Outcome[]): number {
  const ends = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? lastSeqOf(outcome.value) : 0));
  return Math.max(0, ...ends);
}
