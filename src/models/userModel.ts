import { type Connection, type Model, Schema } from 'mongoose';

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
