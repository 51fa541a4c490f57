import { type Connection, type Model, Schema } from 'mongoose';
import type { RareFields, ReplyDetails, ReplyErrorCode, Sender } from '../domain/message';

/** A message as stored. */
export interface MessageDocument {
  _id: string;
  sessionId: string;
  /** The `key` of the session that it belongs to. */
  sessionKey: string;
  seq: number;
  sender: Sender;
  content: string;
  timestamp: string;
  clientMessageId?: string;
  replyTo?: string;
  /** Takes the place of `replyTo` in replies that were regenerated. `extra` has their `variant`. */
  variantOf?: string;
  /** Absent if it would be empty. */
  extra?: RareFields;
  /** On a user message until its reply is stored and its session is advanced. After a crash, the next start finds it by this mark. */
  unanswered?: true;
}

export const SEQ_INDEX = 'message_seq';
export const CLIENT_ID_INDEX = 'message_client_id';
export const REPLY_INDEX = 'message_reply';
export const VARIANT_INDEX = 'message_variant';

const schema = new Schema<MessageDocument>(
  {
    _id: { type: String, required: true },
    sessionId: { type: String, required: true },
    sessionKey: { type: String, required: true },
    seq: { type: Number, required: true },
    sender: { type: String, enum: ['user', 'server'], required: true },
    content: { type: String, required: true },
    timestamp: { type: String, required: true },
    clientMessageId: { type: String },
    replyTo: { type: String },
    variantOf: { type: String },
    extra: { type: Schema.Types.Mixed },
    unanswered: { type: Boolean },
  },
  { collection: 'messages', versionKey: false },
);
schema.index({ sessionKey: 1, seq: 1 }, { name: SEQ_INDEX, unique: true });
schema.index(
  { sessionKey: 1, clientMessageId: 1 },
  {
    name: CLIENT_ID_INDEX,
    unique: true,
    partialFilterExpression: { clientMessageId: { $exists: true } },
  },
);
schema.index(
  { replyTo: 1 },
  { name: REPLY_INDEX, unique: true, partialFilterExpression: { replyTo: { $exists: true } } },
);
schema.index(
  { variantOf: 1, 'extra.variant': 1 },
  { name: VARIANT_INDEX, unique: true, partialFilterExpression: { variantOf: { $exists: true } } },
);
schema.index(
  { 'extra.replaces': 1 },
  { name: 'message_replacing', partialFilterExpression: { 'extra.replaces': { $exists: true } } },
);
schema.index(
  { unanswered: 1, _id: 1 },
  { name: 'message_unanswered', partialFilterExpression: { unanswered: true } },
);

export function createMessageModel(connection: Connection): Model<MessageDocument> {
  return connection.model<MessageDocument>('Message', schema);
}

/** A draft as stored. Times are ISO strings. */
export interface DraftDocument {
  /** `replyTo` and `variant`. */
  _id: string;
  replyTo: string;
  variant: number;
  sessionId: string;
  /** The `key` of the session. */
  sessionKey: string;
  userId: string;
  model: string | null;
  state: 'asking' | 'writing' | 'waiting' | 'finishing';
  attempt: number;
  owner: string | null;
  /** The owner makes the only reply of its session. Absent if not. */
  running?: true;
  takeOvers: number;
  text: string;
  details: ReplyDetails;
  failures: number;
  notBefore: string | null;
  stop: boolean;
  /** Why no reply came of it. Absent while it can. */
  ended?: { finish: 'stopped' | 'failed'; error?: { code: ReplyErrorCode } };
  /** Of a later variant until its reply is stored or it has ended. */
  queued?: true;
  startedAt: string;
}

export const RUNNING_INDEX = 'draft_running';

const draftSchema = new Schema<DraftDocument>(
  {
    _id: { type: String, required: true },
    replyTo: { type: String, required: true },
    variant: { type: Number, required: true },
    sessionId: { type: String, required: true },
    sessionKey: { type: String, required: true },
    userId: { type: String, required: true },
    model: { type: String, default: null },
    state: { type: String, enum: ['asking', 'writing', 'waiting', 'finishing'], required: true },
    attempt: { type: Number, required: true },
    owner: { type: String, default: null },
    running: { type: Boolean },
    takeOvers: { type: Number, required: true },
    text: { type: String, default: '' },
    details: { type: Schema.Types.Mixed },
    failures: { type: Number, required: true },
    notBefore: { type: String, default: null },
    stop: { type: Boolean, required: true },
    ended: { type: Schema.Types.Mixed },
    queued: { type: Boolean },
    startedAt: { type: String, required: true },
  },
  { collection: 'drafts', versionKey: false },
);
draftSchema.index(
  { sessionKey: 1 },
  { name: RUNNING_INDEX, unique: true, partialFilterExpression: { running: true } },
);
draftSchema.index({ sessionId: 1 }, { name: 'draft_session' });
draftSchema.index({ owner: 1 }, { name: 'draft_owner' });
draftSchema.index(
  { queued: 1, replyTo: 1 },
  { name: 'draft_queued', partialFilterExpression: { queued: true } },
);

export function createDraftModel(connection: Connection): Model<DraftDocument> {
  return connection.model<DraftDocument>('Draft', draftSchema);
}
