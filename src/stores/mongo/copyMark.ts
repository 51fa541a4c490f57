import type { Connection } from 'mongoose';
import { UnusableDatabase } from '../unusableDatabase';

/** Where a copy that fills this database says that it isn't whole. Servers keep nothing here. */
const COLLECTION = 'copies';

interface Mark {
  _id: string;
  startedAt: string;
}

/** The mark on a database while it is being filled from another one. */
export class CopyMark {
  constructor(private readonly connection: Connection) {}

  async isSet(): Promise<boolean> {
    return (await this.marks().findOne({})) !== null;
  }

  async set(): Promise<void> {
    await this.marks().insertOne({ _id: 'under way', startedAt: new Date().toISOString() });
  }

  async remove(): Promise<void> {
    await this.marks().deleteMany({});
  }

  /** Throws if the database is not whole. */
  async refuseIfSet(): Promise<void> {
    if (!(await this.isSet())) return;
    throw new UnusableDatabase(
      'This MongoDB database holds a copy that is not complete: run "npm run db:copy" to it again, or name another one.',
    );
  }

  private marks() {
    return this.connection.getClient().db().collection<Mark>(COLLECTION);
  }
}
