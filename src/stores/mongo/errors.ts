import { types } from 'node:util';
import { MongooseError, mongo } from 'mongoose';
import { ChatError } from '../../domain/errors';

const DUPLICATE_KEY = 11000;

/**
 * Server error codes which mean that the database is unavailable at the moment, not that the command is wrong: no primary, shutdown,
 * unreachable members, timeout, unsatisfied write concern, full disk (https://www.mongodb.com/docs/manual/reference/error-codes/).
 */
const UNAVAILABLE_CODES: ReadonlySet<unknown> = new Set([
  6, 7, 50, 64, 89, 91, 100, 133, 134, 189, 262, 317, 358, 9001, 10058, 10107, 11600, 11602, 13435, 13436,
  14031,
]);

/** Failures of the network, of server selection and of the connection pool, and calls on a closed connection. */
const UNAVAILABLE_CLASSES = [
  mongo.MongoNetworkError,
  mongo.MongoServerSelectionError,
  mongo.MongoNotConnectedError,
  mongo.MongoTopologyClosedError,
  mongo.MongoServerClosedError,
  mongo.MongoClientClosedError,
  mongo.MongoExpiredSessionError,
  mongo.MongoOperationTimeoutError,
  mongo.MongoWriteConcernError,
];

/** Errors whose classes are not exported, or that Mongoose itself throws while it is disconnected. */
const UNAVAILABLE_NAMES: ReadonlySet<string> = new Set([
  'MongoWaitQueueTimeoutError',
  'MongoPoolClosedError',
  'MongooseServerSelectionError',
]);

const SOCKET_CODES: ReadonlySet<unknown> = new Set([
  'EPIPE',
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'ETIMEOUT',
  'ENOTFOUND',
  'ENODATA',
  'ESERVFAIL',
  'EREFUSED',
  'EAI_AGAIN',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
  'ERR_SOCKET_CLOSED',
]);

/** Translates an error of the driver or Mongoose into one that may leave the store. */
export function toStoreError(error: unknown): ChatError {
  if (error instanceof ChatError) return error;
  return new ChatError(isUnavailable(error) ? 'UNAVAILABLE' : 'INTERNAL', { cause: error });
}

/** True for errors of the driver and its server. Recognized by name, as not all of their classes are exported. */
export function isDriverError(error: unknown): error is Error {
  return types.isNativeError(error) && error.name.startsWith('Mongo');
}

/** The name of the unique index that a write violated; null for any other error. */
export function violatedIndex(error: unknown): string | null {
  if (!(error instanceof mongo.MongoServerError) || error.code !== DUPLICATE_KEY) return null;
  return /\bindex: (\S+)/.exec(error.message)?.[1] ?? null;
}

function isUnavailable(error: unknown): boolean {
  // Not `instanceof Error`: it is false for Node's own errors in code that runs in a separate VM context.
  if (!types.isNativeError(error)) return false;
  // An error that ends a bulk write is wrapped.
  if (error instanceof mongo.MongoBulkWriteError && isUnavailable(error.errorResponse)) return true;
  return (
    UNAVAILABLE_CLASSES.some((type) => error instanceof type) ||
    UNAVAILABLE_NAMES.has(error.name) ||
    isMongooseDisconnected(error) ||
    isSocketError(error) ||
    (error instanceof mongo.MongoServerError && isUnavailableResponse(error))
  );
}

function isUnavailableResponse(error: mongo.MongoServerError): boolean {
  return UNAVAILABLE_CODES.has(error.code) || error.hasErrorLabel('RetryableWriteError');
}

/** With buffering off, Mongoose rejects calls made while it is disconnected, with an error that has no class of its own. */
function isMongooseDisconnected(error: Error): boolean {
  return error instanceof MongooseError && error.message.includes('initial connection');
}

/** Some errors of Node.js pass through unwrapped: of sockets that the server has just closed, of failed DNS look-ups. */
function isSocketError(error: Error): boolean {
  return 'code' in error && SOCKET_CODES.has(error.code);
}
