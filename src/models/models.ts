import type { Connection, Model } from 'mongoose';
import { createLoginModel, type LoginDocument } from './loginModel';
import { createMessageModel, type MessageDocument } from './messageModel';
import { createSessionModel, type SessionDocument } from './sessionModel';
import { createUserModel, type UserDocument } from './userModel';

/** Every collection, on one connection. */
export interface Models {
  users: Model<UserDocument>;
  logins: Model<LoginDocument>;
  sessions: Model<SessionDocument>;
  messages: Model<MessageDocument>;
}

/** Makes the models on the connection. Nothing is sent to the database. */
export function createModels(connection: Connection): Models {
  return {
    users: createUserModel(connection),
    logins: createLoginModel(connection),
    sessions: createSessionModel(connection),
    messages: createMessageModel(connection),
  };
}

/** Makes the indexes that are missing, and with them the collections. */
export async function createIndexes(models: Models): Promise<void> {
  for (const model of Object.values(models)) await model.createIndexes();
}
