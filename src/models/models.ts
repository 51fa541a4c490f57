import type { Collection, Connection, Model, mongo } from 'mongoose';
import {
  createDraftModel,
  createMessageModel,
  type DraftDocument,
  type MessageDocument,
} from './messageModel';
import {
  createDeletionModel,
  createSessionModel,
  type DeletionDocument,
  type SessionDocument,
} from './sessionModel';
import {
  createLoginModel,
  createRevokedTokenModel,
  createUsageModel,
  createUserModel,
  type LoginDocument,
  type RevokedTokenDocument,
  type UsageDocument,
  type UserDocument,
} from './userModel';

/** The models of all collections, on one connection. */
export interface Models {
  users: Model<UserDocument>;
  logins: Model<LoginDocument>;
  revokedTokens: Model<RevokedTokenDocument>;
  sessions: Model<SessionDocument>;
  messages: Model<MessageDocument>;
  deletions: Model<DeletionDocument>;
  drafts: Model<DraftDocument>;
  usage: Model<UsageDocument>;
}

/** Creates the models on the connection. Sends nothing to the database. */
export function createModels(connection: Connection): Models {
  return {
    users: createUserModel(connection),
    logins: createLoginModel(connection),
    revokedTokens: createRevokedTokenModel(connection),
    sessions: createSessionModel(connection),
    messages: createMessageModel(connection),
    deletions: createDeletionModel(connection),
    drafts: createDraftModel(connection),
    usage: createUsageModel(connection),
  };
}

/** Creates missing indexes, and with them the collections. */
export async function createIndexes(models: Models): Promise<void> {
  for (const model of Object.values(models)) await model.createIndexes();
}

/** Matches users and sessions that are not being deleted. */
export const NOT_DELETED = { deleting: { $exists: false } };

/**
 * The driver's collection behind a model, for frequent writes: Mongoose would create and validate a document for each, which costs more
 * than sending it, and the fields are typed and validated already.
 */
export function driverCollection<T extends mongo.Document>(model: Model<T>): Collection<T> {
  return model.db.collection<T>(model.collection.name);
}
