import { type Connection, type Model, Schema } from 'mongoose';
import { REQUEST_OUTCOMES, type RequestUsage } from '../domain/user';

/** A user as stored. Times are ISO strings in every collection: they are returned unchanged, and sort as in SQLite. */
export interface UserDocument {
  _id: string;
  username: string;
  /** The username in lower case, for its case-insensitive unique index. With a collation, every query would have to name that. */
  usernameKey: string;
  email: string;
  passwordHash: string;
  createdAt: string;
  updatedAt: string;
  /** The user is being deleted and hidden from everyone. After a crash, the next start finishes the deletion. */
  deleting?: true;
}

export const USERNAME_INDEX = 'user_username';
export const EMAIL_INDEX = 'user_email';

const schema = new Schema<UserDocument>(
  {
    _id: { type: String, required: true },
    username: { type: String, required: true },
    usernameKey: { type: String, required: true },
    email: { type: String, required: true },
    passwordHash: { type: String, required: true },
    createdAt: { type: String, required: true },
    updatedAt: { type: String, required: true },
    deleting: { type: Boolean },
  },
  { collection: 'users', versionKey: false },
);
schema.index({ usernameKey: 1 }, { name: USERNAME_INDEX, unique: true });
schema.index({ email: 1 }, { name: EMAIL_INDEX, unique: true });
schema.index({ deleting: 1 }, { name: 'user_deleting', partialFilterExpression: { deleting: true } });

export function createUserModel(connection: Connection): Model<UserDocument> {
  return connection.model<UserDocument>('User', schema);
}

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

const loginSchema = new Schema<LoginDocument>(
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
loginSchema.index({ userId: 1 }, { name: 'login_user' });
loginSchema.index({ expiresAt: 1 }, { name: 'login_expiry' });

export function createLoginModel(connection: Connection): Model<LoginDocument> {
  return connection.model<LoginDocument>('Login', loginSchema);
}

/** The tokens of a request to a responder, as stored. */
export interface UsageDocument extends RequestUsage {
  /** `replyTo`, `variant` and `attempt`. */
  _id: string;
}

const usageSchema = new Schema<UsageDocument>(
  {
    _id: { type: String, required: true },
    replyTo: { type: String, required: true },
    variant: { type: Number, required: true },
    attempt: { type: Number, required: true },
    userId: { type: String, required: true },
    day: { type: String, required: true },
    model: { type: String, default: null },
    promptTokens: { type: Number, required: true },
    completionTokens: { type: Number, required: true },
    estimated: { type: Boolean, required: true },
    outcome: { type: String, enum: REQUEST_OUTCOMES, required: true },
  },
  { collection: 'usage', versionKey: false },
);
usageSchema.index({ userId: 1, day: 1 }, { name: 'usage_day' });

export function createUsageModel(connection: Connection): Model<UsageDocument> {
  return connection.model<UsageDocument>('Usage', usageSchema);
}
