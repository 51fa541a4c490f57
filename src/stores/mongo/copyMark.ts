import { randomUUID } from 'node:crypto';
import type { Connection } from 'mongoose';
import { UnusableDatabase } from '../errors';

/** Where a copy that fills this database says that it isn't whole. Servers keep nothing here. */
const COLLECTION = 'copies';

interface Mark {
  _id: string;
  startedAt: string;
  /** Which copy it is: another one may have taken the database over since. */
  owner?: string;
}

/** The mark on a database while it is being filled from another one. */
export class CopyMark {
  private readonly owner = randomUUID();

  constructor(private readonly connection: Connection) {}

  /** When the copy began that isn't complete; null if there is none. */
  async startedAt(): Promise<string | null> {
    return (await this.marks().findOne({}))?.startedAt ?? null;
  }

  async set(): Promise<void> {
    await this.marks().insertOne({
      _id: 'under way',
      startedAt: new Date().toISOString(),
      owner: this.owner,
    });
  }

  async remove(): Promise<void> {
    await this.marks().deleteMany({});
  }

  /** Removes the mark of this copy. False if another copy has started since, and so has emptied the database. */
  async complete(): Promise<boolean> {
    const { deletedCount } = await this.marks().deleteOne({ owner: this.owner });
    return deletedCount > 0;
  }

  /** Throws if the database is not whole. */
  async refuseIfSet(): Promise<void> {
    if ((await this.startedAt()) === null) return;
    throw new UnusableDatabase(
      'This MongoDB database holds a copy that is not complete: run "npm run db:copy" to it again, or name another one.',
    );
  }

  private marks() {
    return this.connection.getClient().db().collection<Mark>(COLLECTION);
  }
}
