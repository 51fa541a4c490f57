import { type Connection, type Model, Schema } from 'mongoose';

/** A session as stored. */
export interface SessionDocument {
  _id: string;
  /**
   * Names this incarnation of the session. Messages belong to the key, so a session that is deleted and made again under
   * the same id shares nothing with its predecessor, however late a write to that one arrives.
   */
  key: string;
  userId: string;
  name: string | null;
  createdAt: string;
  lastMessageAt: string | null;
  /** `lastMessageAt`, or `createdAt` before there is one: what sessions are listed by. */
  activeAt: string;
  /** At most the `seq` of the latest message: it is moved after that is stored, so a crash can leave it behind only. */
  lastSeq: number;
  /** Its deletion has begun. For everyone the session is gone; the next start finishes what a crash left of it. */
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
    deleting: { type: Boolean },
  },
  { collection: 'sessions', versionKey: false },
);
schema.index({ userId: 1, activeAt: -1, _id: -1 }, { name: 'session_activity' });
schema.index({ deleting: 1 }, { name: 'session_deleting', partialFilterExpression: { deleting: true } });

export function createSessionModel(connection: Connection): Model<SessionDocument> {
  return connection.model<SessionDocument>('Session', schema);
}
