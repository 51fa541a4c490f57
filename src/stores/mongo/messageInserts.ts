import { mongo } from 'mongoose';
import type { MessageDocument } from '../../models/messageModel';
import { driverCollection, type Models } from '../../models/models';
import { Batcher, fulfilled, rejected } from './batcher';
import { violatedIndex } from './errors';

/** The largest number of groups in one command. */
const MAX_GROUPS = 256;

/** A message was not stored because another one has the same value in a unique index. */
export interface DuplicateKey {
  /** The name of the unique index. */
  indexName: string;
  /** The message's position in its group: those before it are stored, it and those after it are not. */
  position: number;
}

type Outcome = PromiseSettledResult<DuplicateKey | null>;

/**
 * Inserts groups of messages; the groups of concurrent sessions share a command. The messages of a group are stored in order up to the
 * first error, even across crashes, so a group with consecutive `seq` leaves no gap.
 */
export class MessageInserts {
  // Measured with 40 concurrent exchanges in 40 sessions on the tests' stand-in: sharing commands takes about a quarter of the CPU time.
  private readonly batcher = new Batcher((groups: MessageDocument[][]) => this.insertAll(groups), MAX_GROUPS);

  constructor(private readonly models: Models) {}

  /** Resolves when the group is on disk: with null, or with the duplicate key that ended it. */
  insert(group: MessageDocument[]): Promise<DuplicateKey | null> {
    return this.batcher.add(group);
  }

  /** An ordered insert stops at the first error, so the remaining groups are retried; the error affects only its own session. */
  private async insertAll(groups: MessageDocument[][]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    while (outcomes.length < groups.length) {
      const remaining = groups.slice(outcomes.length);
      try {
        outcomes.push(...(await this.insertUpToError(remaining)));
      } catch (error) {
        outcomes.push(...remaining.map(() => rejected(error)));
      }
    }
    return outcomes;
  }

  /** Returns the outcomes of all groups up to and including the first that has an error. */
  private async insertUpToError(groups: MessageDocument[][]): Promise<Outcome[]> {
    try {
      const messages = driverCollection(this.models.messages);
      await messages.insertMany(groups.flat(), { ordered: true, ignoreUndefined: true });
      return groups.map(() => fulfilled(null));
    } catch (error) {
      const position = errorPosition(error);
      if (position === null) throw error;
      return outcomesUpTo(groups, position, error);
    }
  }
}

/** The position of the document that an insert stopped at; null if the error concerns the command, or its writes may not be durable. */
function errorPosition(error: unknown): number | null {
  if (!(error instanceof mongo.MongoBulkWriteError) || error.result.getWriteConcernError()) return null;
  return [error.writeErrors].flat()[0]?.index ?? null;
}

function outcomesUpTo(groups: MessageDocument[][], position: number, error: unknown): Outcome[] {
  const outcomes: Outcome[] = [];
  let start = 0;
  for (const { length } of groups) {
    if (position < start + length) return [...outcomes, failedGroup(error, position - start)];
    outcomes.push(fulfilled(null));
    start += length;
  }
  return outcomes;
}

function failedGroup(error: unknown, position: number): Outcome {
  const indexName = violatedIndex(error);
  return indexName === null ? rejected(error) : fulfilled({ indexName, position });
}

/** A message whose call has timed out by now is no longer waited for. */
const MAX_AGE_MS = 2_700;

/**
 * The messages that this process is storing, or has stored and not yet reported with `onStored`. Readers that deliver messages stop
 * before them, so that a message is not delivered before it is acknowledged.
 */
export class UnreportedMessages {
  /** Ids of messages with the time of their first insert, by the id of the session. */
  private readonly sessions = new Map<string, Map<string, number>>();

  add(messages: readonly MessageDocument[]): void {
    const now = performance.now();
    for (const { _id, sessionId } of messages) {
      const ids = this.sessions.get(sessionId) ?? new Map<string, number>();
      this.sessions.set(sessionId, ids);
      if (!ids.has(_id)) ids.set(_id, now);
    }
  }

  /** All messages of the session are reported, or have failed. */
  clear(sessionId: string): void {
    this.sessions.delete(sessionId);
  }

  has({ _id, sessionId }: Pick<MessageDocument, '_id' | 'sessionId'>): boolean {
    const since = this.sessions.get(sessionId)?.get(_id);
    return since !== undefined && performance.now() - since < MAX_AGE_MS;
  }

  /** True if the session has such a message. */
  hasAny(sessionId: string): boolean {
    const ids = this.sessions.get(sessionId)?.keys() ?? [];
    return [...ids].some((_id) => this.has({ _id, sessionId }));
  }
}
