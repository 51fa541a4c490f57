import { type Connection, type Model, Schema } from 'mongoose';

/** A login as stored. */
export interface LoginDocument {
  _id: string;
  userId: string;
  createdAt: string;
  lastUsedAt: string;
  expiresAt: string;
  userAgent: string | null;
  ip: string | null;
  generation: number;
  /** Missing in documents of versions that didn't store it. */
  confirmedAt?: string | null;
}

const schema = new Schema<LoginDocument>(
  {
    _id: { type: String, required: true },
    userId: { type: String, required: true },
    createdAt: { type: String, required: true },
    lastUsedAt: { type: String, required: true },
    expiresAt: { type: String, required: true },
    userAgent: { type: String, default: null },
    ip: { type: String, default: null },
    generation: { type: Number, required: true },
    confirmedAt: { type: String },
  },
  { collection: 'logins', versionKey: false },
);
schema.index({ userId: 1 }, { name: 'login_user' });
schema.index({ expiresAt: 1 }, { name: 'login_expiry' });

export function createLoginModel(connection: Connection): Model<LoginDocument> {
  return connection.model<LoginDocument>('Login', schema);
}
