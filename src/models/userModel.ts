import { type Connection, type Model, Schema } from 'mongoose';

/** A user as stored. Times are ISO text in every collection: they come back as they went in, and sort as in SQLite. */
export interface UserDocument {
  _id: string;
  username: string;
  /** The username in lower case: what makes it unique without regard to case, on servers without collations too. */
  usernameKey: string;
  email: string;
  passwordHash: string;
  createdAt: string;
  updatedAt: string;
  /** The deletion has begun. For everyone the user is gone; the next start finishes what a crash left. */
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
