import { mongo } from 'mongoose';

/** MongoDB's wire protocol, as far as an insert needs it: https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/ */
const OP_MSG = 2013;
const HEADER_BYTES = 16;
const FLAGS_BYTES = 4;
const COMMAND_NAME_AT = HEADER_BYTES + FLAGS_BYTES + 6;
const INSERT = 'insert\0';
const BODY = 0;
const DOCUMENT_SEQUENCE = 1;

/** An insert that came in one message. */
export interface WireInsert {
  requestId: number;
  isOrdered: boolean;
  /** All of the command but the documents. */
  command: mongo.BSON.Document;
  documents: mongo.BSON.Document[];
}

export interface ServerError {
  code: number;
  errmsg: string;
}

/** A document that was refused. */
export interface WriteError extends ServerError {
  index: number;
}

/** True if the buffer begins with all of a message. */
export function isWholeMessage(buffer: Buffer): boolean {
  return buffer.length >= HEADER_BYTES && buffer.length >= buffer.readInt32LE(0);
}

/** Reads an insert; null for any other message. */
export function readInsert(message: Buffer): WireInsert | null {
  // The name of a command is its first key, after the kind of the section, the length of the document and the type of the value.
  const name = message.toString('latin1', COMMAND_NAME_AT, COMMAND_NAME_AT + INSERT.length);
  if (message.readInt32LE(12) !== OP_MSG || name !== INSERT) return null;
  const { documents, ...command } = readBody(message);
  return { requestId: message.readInt32LE(4), isOrdered: command.ordered !== false, command, documents };
}

/** The message that inserts this document alone. */
export function insertMessage({ requestId, command }: WireInsert, document: mongo.BSON.Document): Buffer {
  return toMessage(requestId, 0, { ...command, documents: [document] });
}

/** What MongoDB answers when all but these documents are stored, and, if it was ordered, those after them. */
export function insertReply(
  { requestId, documents, isOrdered }: WireInsert,
  errors: WriteError[],
  writeConcernError?: ServerError,
): Buffer {
  const n = isOrdered ? (errors[0]?.index ?? documents.length) : documents.length - errors.length;
  return toMessage(0, requestId, {
    ok: 1,
    n,
    ...(errors.length > 0 && { writeErrors: errors }),
    ...(writeConcernError && { writeConcernError }),
  });
}

/** The response to a command that failed as a whole. */
export function errorReply({ requestId }: WireInsert, error: ServerError): Buffer {
  return toMessage(0, requestId, { ok: 0, ...error });
}

/** Why the server refused the only document of an insert; null if it did not. */
export function refusalIn(reply: Buffer): ServerError | null {
  const { ok, code, errmsg, writeErrors } = readBody(reply);
  if (ok === 1) return writeErrors?.[0] ?? null;
  return { code, errmsg };
}

/** True if it is an error about no document in particular. */
export function isRefusedAsWhole(reply: Buffer): boolean {
  return readBody(reply).ok !== 1;
}

function readBody(message: Buffer): mongo.BSON.Document {
  const body: mongo.BSON.Document = {};
  let at = HEADER_BYTES + FLAGS_BYTES;
  while (at < message.length) {
    const kind = message.readUInt8(at);
    const length = message.readInt32LE(at + 1);
    const section = message.subarray(at + 1, at + 1 + length);
    if (kind === BODY) Object.assign(body, mongo.BSON.deserialize(section));
    else if (kind === DOCUMENT_SEQUENCE) Object.assign(body, readSequence(section));
    else throw new Error(`unknown kind of section: ${kind}`);
    at += 1 + length;
  }
  return body;
}

function readSequence(section: Buffer): mongo.BSON.Document {
  const end = section.indexOf(0, 4);
  const documents: mongo.BSON.Document[] = [];
  for (let at = end + 1; at < section.length; at += section.readInt32LE(at)) {
    documents.push(mongo.BSON.deserialize(section.subarray(at, at + section.readInt32LE(at))));
  }
  return { [section.toString('utf8', 4, end)]: documents };
}

function toMessage(requestId: number, responseTo: number, body: mongo.BSON.Document): Buffer {
  const section = mongo.BSON.serialize(body);
  const message = Buffer.alloc(HEADER_BYTES + FLAGS_BYTES + 1 + section.length);
  message.writeInt32LE(message.length, 0);
  message.writeInt32LE(requestId, 4);
  message.writeInt32LE(responseTo, 8);
  message.writeInt32LE(OP_MSG, 12);
  message.writeUInt8(BODY, HEADER_BYTES + FLAGS_BYTES);
  message.set(section, HEADER_BYTES + FLAGS_BYTES + 1);
  return message;
}
