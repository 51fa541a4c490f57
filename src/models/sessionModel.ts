import { type Connection, type Model, Schema } from 'mongoose';

/** A session as stored. */
export interface SessionDocument {
  _id: string;
  /**
   * Identifies this incarnation of the session. Messages belong to the key, so a session that is deleted and recreated with the same id
   * shares nothing with its predecessor, even if a write to that one arrives late.
   */
  key: string;
  userId: string;
  name: string | null;
  createdAt: string;
  lastMessageAt: string | null;
  /** `lastMessageAt`, or `createdAt` before the first message. Sessions are listed in this order. */
  activeAt: string;
  /** Updated after the message is stored, so after a crash it may lag behind the last `seq`, but is never ahead of it. */
  lastSeq: number;
  /** In a session that an earlier version has written: absent until the next message, and then all is read. */
  readSeq?: number;
  /** Absent is false. */
  pinned?: boolean;
  archived?: boolean;
  /** The session is being deleted and hidden from everyone. After a crash, the next start finishes the deletion. */
  deleting?: true;
}

const schema = new Schema<SessionDocument>(
  {
    _id: { type: String, required: true },
    key: { type: String, required: true },
    userId: { type: String, required: true },
    name: { type: String, default: null },
    createdAt: { type: String, required: true },
    lastMessageAt: { type: String, default: null },
    activeAt: { type: String, required: true },
    lastSeq: { type: Number, required: true },
    readSeq: { type: Number },
    pinned: { type: Boolean },
    archived: { type: Boolean },
    deleting: { type: Boolean },
  },
  { collection: 'sessions', versionKey: false },
);
schema.index({ userId: 1, activeAt: -1, _id: -1 }, { name: 'session_activity' });
// Most sessions are not archived, so their list is read with the other index, and this one stays small.
schema.index(
  { userId: 1, activeAt: -1, _id: -1 },
  { name: 'session_archive', partialFilterExpression: { archived: true } },
);
schema.index({ deleting: 1 }, { name: 'session_deleting', partialFilterExpression: { deleting: true } });

export function createSessionModel(connection: Connection): Model<SessionDocument> {
  return connection.model<SessionDocument>('Session', schema);
}

/** A session that was deleted while it may still have messages. */
export interface DeletionDocument {
  /** The `key` of the session. */
  _id: string;
  /** Counts how often messages were left behind, so that those that arrive while the record is removed are not forgotten. */
  version: number;
}

const deletionSchema = new Schema<DeletionDocument>(
  { _id: { type: String, required: true }, version: { type: Number, required: true } },
  { collection: 'deletions', versionKey: false },
);

export function createDeletionModel(connection: Connection): Model<DeletionDocument> {
  return connection.model<DeletionDocument>('Deletion', deletionSchema);
}
