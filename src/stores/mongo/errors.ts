import { types } from 'node:util';
import { MongooseError, mongo } from 'mongoose';
import { ChatError } from '../../domain/errors';

const DUPLICATE_KEY = 11000;

/**
 * The server's codes for "not now" rather than "never": no primary, shutting down, unreachable members, out of time, a
 * write concern that is not met, a full disk (https://www.mongodb.com/docs/manual/reference/error-codes/).
 */
const UNAVAILABLE_CODES: ReadonlySet<unknown> = new Set([
  6, 7, 50, 64, 89, 91, 100, 133, 134, 189, 262, 317, 358, 9001, 10058, 10107, 11600, 11602, 13435, 13436,
  14031,
]);

/** Network, selection and pool failures, and calls on a connection that is closed. */
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

/** Names of errors whose classes are not exported, or that Mongoose throws in its own right while not connected. */
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

/** Turns whatever came out of the driver or Mongoose into what may leave the store. */
export function toStoreError(error: unknown): ChatError {
  if (error instanceof ChatError) return error;
  return new ChatError(isUnavailable(error) ? 'UNAVAILABLE' : 'INTERNAL', { cause: error });
}

/** Whether the driver or its server has said no, in any of their errors: not all have a class that is exported. */
export function isRefusal(error: unknown): error is Error {
  return types.isNativeError(error) && error.name.startsWith('Mongo');
}

/** The name of the unique index that refused the write; null if the error is about anything else. */
export function refusingIndex(error: unknown): string | null {
  if (!(error instanceof mongo.MongoServerError) || error.code !== DUPLICATE_KEY) return null;
  return /\bindex: (\S+)/.exec(error.message)?.[1] ?? null;
}

function isUnavailable(error: unknown): boolean {
  // Not `instanceof Error`: Node's own errors aren't where code runs in a context of its own, as under Jest.
  if (!types.isNativeError(error)) return false;
  // What ends many writes at once comes wrapped, whatever it is.
  if (error instanceof mongo.MongoBulkWriteError && isUnavailable(error.errorResponse)) return true;
  return (
    UNAVAILABLE_CLASSES.some((type) => error instanceof type) ||
    UNAVAILABLE_NAMES.has(error.name) ||
    isRefusedByMongoose(error) ||
    isSocketError(error) ||
    (error instanceof mongo.MongoServerError && isUnavailableAnswer(error))
  );
}

function isUnavailableAnswer(error: mongo.MongoServerError): boolean {
  return UNAVAILABLE_CODES.has(error.code) || error.hasErrorLabel('RetryableWriteError');
}

/** With buffering off Mongoose refuses calls made while disconnected, in an error that has no class of its own. */
function isRefusedByMongoose(error: Error): boolean {
  return error instanceof MongooseError && error.message.includes('initial connection');
}

/** Some of Node's own errors come through as they are: of sockets the server has just closed, of names not found. */
function isSocketError(error: Error): boolean {
  return 'code' in error && SOCKET_CODES.has(error.code);
}
