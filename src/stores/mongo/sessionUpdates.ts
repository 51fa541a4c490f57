import type { Models } from '../../models/models';
import type { SessionDocument } from '../../models/sessionModel';
import { Batches } from './batches';
import { driverCollection } from './driverCollection';
import { LIVE } from './live';
import { fulfilled } from './waiting';

const MAX_UPDATES = 1_000;

/** A session as it is presumed to be, and as it is to become. */
export interface SessionUpdate {
  from: SessionDocument;
  to: SessionDocument;
}

/**
 * Moves sessions on to their latest message, many with one command. An update matches only a session that is there and is as
 * presumed, so what it has become is known without reading it.
 */
export class SessionUpdates {
  readonly #batches = new Batches((updates: SessionUpdate[]) => this.#update(updates), MAX_UPDATES);

  constructor(private readonly models: Models) {}

  /** True if the session is now as it was to become. False if it was not as presumed: then it may be gone. */
  apply(update: SessionUpdate): Promise<boolean> {
    return this.#batches.add(update);
  }

  async #update(updates: SessionUpdate[]): Promise<PromiseFulfilledResult<boolean>[]> {
    const operations = updates.map((update) => ({ updateOne: toOperation(update) }));
    const sessions = driverCollection(this.models.sessions);
    const { matchedCount } = await sessions.bulkWrite(operations, { ordered: false });
    if (matchedCount === updates.length) return updates.map(() => fulfilled(true));
    // How many did not match is told, but not which.
    const current = await this.#read(updates);
    return updates.map(({ to }) => fulfilled(isAt(to, current.get(to.key))));
  }

  async #read(updates: SessionUpdate[]): Promise<Map<string, SessionDocument>> {
    const ids = updates.map(({ to }) => to._id);
    const found = await this.models.sessions.find({ _id: { $in: ids }, ...LIVE }).lean();
    return new Map(found.map((session) => [session.key, session]));
  }
}

function toOperation({ from, to }: SessionUpdate) {
  const { lastSeq, lastMessageAt, activeAt, name } = to;
  const isNamed = name !== from.name;
  return {
    filter: { _id: from._id, key: from.key, name: from.name, lastSeq: { $lt: lastSeq }, ...LIVE },
    update: { $set: { lastSeq, lastMessageAt, activeAt, ...(isNamed && { name }) } },
  };
}

function isAt(expected: SessionDocument, current: SessionDocument | undefined): boolean {
  return (
    current?.lastSeq === expected.lastSeq &&
    current.name === expected.name &&
    current.lastMessageAt === expected.lastMessageAt
  );
}
