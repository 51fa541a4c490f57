import { randomUUID } from 'node:crypto';
import type { Connection } from 'mongoose';
import { UnusableDatabase } from '../chatStore';

/** Holds the mark of an incomplete copy. Servers write nothing here. */
const COLLECTION = 'copies';
/** The same for every copy, so that of two concurrent ones only one can set its mark. */
const MARK_ID = 'copy';

interface Mark {
  _id: string;
  startedAt: string;
  /** Identifies the copy: another one may have taken over the database since. */
  owner?: string;
}

/** The mark on a database while it is being filled by a copy, which keeps servers from using it. */
export class CopyMark {
  private readonly owner = randomUUID();

  constructor(private readonly connection: Connection) {}

  /** The start time of the incomplete copy; null if there is none. */
  async startedAt(): Promise<string | null> {
    return (await this.marks().findOne({}))?.startedAt ?? null;
  }

  async set(): Promise<void> {
    await this.marks().insertOne({
      _id: MARK_ID,
      startedAt: new Date().toISOString(),
      owner: this.owner,
    });
  }

  /** Removes the mark of any copy. */
  async remove(): Promise<void> {
    await this.marks().deleteMany({});
  }

  /** Removes the mark of this copy. False if another copy has started since, which has then emptied the database. */
  async complete(): Promise<boolean> {
    const { deletedCount } = await this.marks().deleteOne({ owner: this.owner });
    return deletedCount > 0;
  }

  /** Throws `UnusableDatabase` if the database holds an incomplete copy. */
  async refuseIfSet(): Promise<void> {
    if ((await this.startedAt()) === null) return;
    throw new UnusableDatabase(
      'This MongoDB database holds a copy that is not complete: run "smart-chat-server copy" to it again, or use another database.',
    );
  }

  private marks() {
    return this.connection.getClient().db().collection<Mark>(COLLECTION);
  }
}
