import { mongo } from 'mongoose';
import type { MessageDocument } from '../../models/messageModel';
import type { Models } from '../../models/models';
import { Batches } from './batches';
import { driverCollection } from './driverCollection';
import { refusingIndex } from './errors';
import { fulfilled, rejected } from './waiting';

/** Groups of messages in one command at the most. */
const MAX_GROUPS = 256;

/** One message was not stored because of a unique index. */
export interface Refusal {
  /** The name of the index. */
  index: string;
  /**
   * Which message of the group it was: those before it are stored, it and those after it are not. Undefined if the server
   * doesn't tell: then any that come before it may be stored.
   */
  at: number | undefined;
}

/** A refusal, by an index or for any other reason, somewhere in a command. */
interface Failure {
  at: number | undefined;
  error: mongo.MongoBulkWriteError;
}

type Outcome = PromiseSettledResult<Refusal | null>;

/**
 * Inserts messages, those of many sessions with one command. The messages of a group are stored in their order up to the first
 * that is refused, whatever crashes or arrives late, so a group that numbers its messages one after the other leaves no gap.
 */
export class MessageInserts {
  readonly #batches = new Batches((groups: MessageDocument[][]) => this.#insertGroups(groups), MAX_GROUPS);

  constructor(private readonly models: Models) {}

  /** Resolves when all is on disk, with null, or with why a part of it is not. */
  insert(group: MessageDocument[]): Promise<Refusal | null> {
    return this.#batches.add(group);
  }

  /** One that is refused ends the command, so the groups after it are sent again: in its own session something is wrong only. */
  async #insertGroups(groups: MessageDocument[][]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    while (outcomes.length < groups.length) {
      const rest = groups.slice(outcomes.length);
      try {
        outcomes.push(...(await this.#insertUpToFailure(rest)));
      } catch (error) {
        outcomes.push(...rest.map(() => rejected(error)));
      }
    }
    return outcomes;
  }

  async #insertUpToFailure(groups: MessageDocument[][]): Promise<Outcome[]> {
    const failure = await this.#insertInOrder(groups.flat());
    if (!failure) return groups.map(() => fulfilled(null));
    const { at, error } = failure;
    if (at !== undefined) return outcomesUpTo(groups, at, error);
    const [first = [], ...others] = groups;
    if (others.length === 0) return [outcomeOf(failure.error, undefined)];
    // Whose message it was is not told, so each goes on its own.
    const alone = await this.#insertUpToFailure([first]);
    return [...alone, ...(await this.#insertEach(others))];
  }

  async #insertEach(groups: MessageDocument[][]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const group of groups) outcomes.push(...(await this.#insertUpToFailure([group])));
    return outcomes;
  }

  async #insertInOrder(documents: MessageDocument[]): Promise<Failure | null> {
    try {
      const messages = driverCollection(this.models.messages);
      await messages.insertMany(documents, { ordered: true, ignoreUndefined: true });
      return null;
    } catch (error) {
      const failure = failureOf(error);
      if (!failure) throw error;
      return failure;
    }
  }
}

/** Null if it is not about a single document, or if what comes before that one may not be durable. */
function failureOf(error: unknown): Failure | null {
  if (!(error instanceof mongo.MongoBulkWriteError) || error.result.getWriteConcernError()) return null;
  const at = [error.writeErrors].flat()[0]?.index;
  return at === undefined && refusingIndex(error) === null ? null : { at, error };
}

function outcomesUpTo(groups: MessageDocument[][], at: number, error: mongo.MongoBulkWriteError): Outcome[] {
  const outcomes: Outcome[] = [];
  let begin = 0;
  for (const { length } of groups) {
    if (at < begin + length) return [...outcomes, outcomeOf(error, at - begin)];
    outcomes.push(fulfilled(null));
    begin += length;
  }
  return outcomes;
}

function outcomeOf(error: mongo.MongoBulkWriteError, at: number | undefined): Outcome {
  const index = refusingIndex(error);
  return index === null ? rejected(error) : fulfilled({ index, at });
}
