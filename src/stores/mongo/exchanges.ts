import { nameFromContent } from '../../domain/session';
import type { SessionDocument } from '../../models/sessionModel';
import type { NewExchange, OnStored, StoredExchange } from '../chatStore';
import type { AppendedExchange } from './appender';
import type { MessageParts } from './messageParts';
import { toMessage } from './messageRecords';
import { documentsOf, unplacedExchange } from './newMessages';
import { SessionGroups } from './sessionGroups';
import { toSession } from './sessionRecords';
import type { Settled } from './settlement';
import { type Deadline, outOfTime } from './storeCalls';
import { fulfilled, rejected } from './waiting';

interface Sending extends NewExchange {
  deadline: Deadline;
  onStored: OnStored<StoredExchange> | undefined;
}

type Outcome = PromiseSettledResult<StoredExchange | null>;

/**
 * Stores exchanges, those of a session that come at once together. A write goes: messages, then session, then the mark that all
 * is done; what a crash cuts off is found by that mark.
 */
export class Exchanges {
  readonly #groups: SessionGroups<Sending, StoredExchange | null>;

  constructor(private readonly parts: MessageParts) {
    this.#groups = new SessionGroups(parts.queue, (sendings) => this.#appendInTime(sendings));
  }

  append(
    exchange: NewExchange,
    deadline: Deadline,
    onStored?: OnStored<StoredExchange>,
  ): Promise<StoredExchange | null> {
    return this.#groups.add({ ...exchange, deadline, onStored });
  }

  /** Leaves out those whose senders have been told that it takes too long. */
  async #appendInTime(sendings: Sending[]): Promise<Outcome[]> {
    const inTime = sendings.filter(({ deadline }) => !deadline.isOver);
    const outcomes = (await this.#append(inTime)).values();
    return sendings.map((sending) => {
      const outcome = inTime.includes(sending) ? outcomes.next() : undefined;
      return outcome?.value ?? rejected(outOfTime());
    });
  }

  /** All are the same user's, to the same session. */
  async #append(sendings: Sending[]): Promise<Outcome[]> {
    const [first, last] = [sendings[0], sendings.at(-1)];
    if (!first || !last) return [];
    const { userId, sessionId, message } = first;
    const { deadline } = last;
    try {
      const presumed = this.parts.cache.get(sessionId);
      if (presumed?.userId === userId) {
        const outcomes = await this.#appendTo(presumed, false, sendings, deadline);
        if (outcomes) return outcomes;
      }
      const name = nameFromContent(message.content);
      const createdAt = message.timestamp;
      const obtained = await this.parts.sessions.obtain({ id: sessionId, userId, name, createdAt }, deadline);
      const outcomes =
        obtained?.session.userId === userId
          ? await this.#appendTo(obtained.session, obtained.created, sendings, deadline)
          : null;
      return outcomes ?? sendings.map(() => fulfilled(null));
    } catch (error) {
      // What the session has become is not known.
      this.parts.cache.drop(sessionId);
      throw error;
    }
  }

  /** Null if the session is gone: then the messages are, too. */
  async #appendTo(
    session: SessionDocument,
    created: boolean,
    sendings: Sending[],
    deadline: Deadline,
  ): Promise<Outcome[] | null> {
    const exchanges = sendings.map((sending) => unplacedExchange(session, sending));
    const outcomes = await this.parts.appender.appendExchanges(exchanges, session.lastSeq, deadline);
    const appended = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const settled = await this.#settle(session, appended);
    if (!settled) {
      await this.parts.messages.deleteAll(session.key);
      this.parts.cache.drop(session._id);
      return null;
    }
    this.parts.cache.put(settled.session);
    for (const { message, reply } of appended)
      if (reply && message.unanswered) this.parts.marks.add(message._id);
    const change = created ? 'created' : settled.named ? 'renamed' : null;
    const changing = change && appended.find(({ duplicate }) => !duplicate);
    return outcomes.map((outcome, index) => {
      if (outcome.status === 'rejected') return outcome;
      const type = outcome.value === changing ? change : null;
      const stored = toStoredExchange(outcome.value, type && { type, session: toSession(settled.session) });
      return report(stored, sendings[index]?.onStored);
    });
  }

  async #settle(session: SessionDocument, appended: AppendedExchange[]): Promise<Settled | null> {
    const added = appended.filter(({ duplicate }) => !duplicate).flatMap(documentsOf);
    if (added.length > 0) return this.parts.settlement.settle(session, added);
    const repeated = appended.flatMap(documentsOf).at(-1);
    return repeated ? this.parts.settlement.complete(session, repeated) : { session, named: false };
  }
}

/** Calls `onStored` here, where the exchanges of a session are in the order of `seq`. */
function report(stored: StoredExchange, onStored: OnStored<StoredExchange> = () => {}): Outcome {
  try {
    onStored(stored);
    return fulfilled(stored);
  } catch (error) {
    return rejected(error);
  }
}

function toStoredExchange(
  { message, reply, duplicate }: AppendedExchange,
  sessionChange: StoredExchange['sessionChange'],
): StoredExchange {
  return {
    message: toMessage(message),
    reply: reply && toMessage(reply),
    duplicate,
    sessionChange,
  };
}
