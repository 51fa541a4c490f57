import { type Connection, type Model, Schema } from 'mongoose';
import { REQUEST_OUTCOMES, type RequestUsage } from '../domain/user';

/** A user as stored. Times are ISO strings in every collection: they are returned unchanged, and sort as in SQLite. */
export interface UserDocument {
  _id: string;
  username: string;
  /** The username in lower case, for its case-insensitive unique index. With a collation, every query would have to name that. */
  usernameKey: string;
  /** Unique: a user without an email has a text in its place. */
  email: string;
  passwordHash: string;
  createdAt: string;
  updatedAt: string;
  /** Of a user of the app's own backend. */
  identity?: string;
  /** The user is being deleted and hidden from everyone. After a crash, the next start finishes the deletion. */
  deleting?: true;
}

export const USERNAME_INDEX = 'user_username';
export const EMAIL_INDEX = 'user_email';
export const IDENTITY_INDEX = 'user_identity';

const schema = new Schema<UserDocument>(
  {
    _id: { type: String, required: true },
    username: { type: String, required: true },
    usernameKey: { type: String, required: true },
    email: { type: String, required: true },
    passwordHash: { type: String, required: true },
    createdAt: { type: String, required: true },
    updatedAt: { type: String, required: true },
    identity: { type: String },
    deleting: { type: Boolean },
  },
  { collection: 'users', versionKey: false },
);
schema.index({ usernameKey: 1 }, { name: USERNAME_INDEX, unique: true });
schema.index({ email: 1 }, { name: EMAIL_INDEX, unique: true });
schema.index(
  { identity: 1 },
  { name: IDENTITY_INDEX, unique: true, partialFilterExpression: { identity: { $exists: true } } },
);
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
  isExternal?: true;
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
    isExternal: { type: Boolean },
  },
  { collection: 'logins', versionKey: false },
);
loginSchema.index({ userId: 1 }, { name: 'login_user' });
loginSchema.index({ expiresAt: 1 }, { name: 'login_expiry' });
loginSchema.index(
  { isExternal: 1, expiresAt: 1 },
  { name: 'login_external', partialFilterExpression: { isExternal: true } },
);

export function createLoginModel(connection: Connection): Model<LoginDocument> {
  return connection.model<LoginDocument>('Login', loginSchema);
}

/** A revoked token as stored. */
export interface RevokedTokenDocument {
  /** The id of the login that stood for it. */
  _id: string;
  expiresAt: string;
}

const revokedTokenSchema = new Schema<RevokedTokenDocument>(
  { _id: { type: String, required: true }, expiresAt: { type: String, required: true } },
  { collection: 'revokedTokens', versionKey: false },
);
revokedTokenSchema.index({ expiresAt: 1 }, { name: 'revoked_token_expiry' });

export function createRevokedTokenModel(connection: Connection): Model<RevokedTokenDocument> {
  return connection.model<RevokedTokenDocument>('RevokedToken', revokedTokenSchema);
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
