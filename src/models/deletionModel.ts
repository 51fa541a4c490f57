import { type Connection, type Model, Schema } from 'mongoose';

/** A session that was deleted while it may still have messages. */
export interface DeletionDocument {
  /** The `key` of the session. */
  _id: string;
  /** Counts how often messages were left behind, so that those that arrive while the record is removed are not forgotten. */
  version: number;
}

const schema = new Schema<DeletionDocument>(
  { _id: { type: String, required: true }, version: { type: Number, required: true } },
  { collection: 'deletions', versionKey: false },
);

export function createDeletionModel(connection: Connection): Model<DeletionDocument> {
  return connection.model<DeletionDocument>('Deletion', schema);
}
