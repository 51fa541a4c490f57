import { ChatError, type ErrorCode, type FieldError } from '../../domain/errors';
import { UnusableDatabase } from '../databaseHealth';

/** The error of a failed job as plain data: of an `Error`, only the message survives the way between threads. */
export interface JobError {
  code: ErrorCode;
  detail?: string;
  errors?: readonly FieldError[];
  cause?: string;
  /** The operation itself has refused, and so has written nothing. */
  isExpected: boolean;
  /** The advice of an `UnusableDatabase`. */
  advice?: string;
  /** It is unknown what the connection believes to be on disk, as after a failed write or sync. */
  isConnectionSuspect: boolean;
}

/**
 * Primary result codes which mean that the database is unavailable at the moment, not that the statement is wrong: BUSY, LOCKED,
 * NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB (https://sqlite.org/rescode.html).
 */
const UNAVAILABLE_CODES: ReadonlySet<number> = new Set([5, 6, 7, 8, 10, 11, 13, 14, 15, 26]);

/**
 * BUSY, LOCKED and FULL: nothing was written, and the connection knows it. These errors can last, and reopening the connection for
 * each of them would slow down reads.
 */
const HARMLESS_CODES: ReadonlySet<number> = new Set([5, 6, 13]);

export function toJobError(error: unknown): JobError {
  if (error instanceof ChatError) {
    const { code, message: detail, errors } = error;
    return {
      code,
      detail,
      ...(errors && { errors }),
      isExpected: true,
      ...(error instanceof UnusableDatabase && { advice: error.advice }),
      isConnectionSuspect: false,
    };
  }
  const resultCode = primaryResultCode(error);
  const isUnavailable = UNAVAILABLE_CODES.has(resultCode) || isSystemCallError(error);
  return {
    code: isUnavailable ? 'UNAVAILABLE' : 'INTERNAL',
    cause: error instanceof Error ? (error.stack ?? error.message) : String(error),
    isExpected: false,
    isConnectionSuspect: isUnavailable && !HARMLESS_CODES.has(resultCode),
  };
}

export function fromJobError({ code, detail, errors, cause, advice }: JobError): ChatError {
  if (advice !== undefined) return new UnusableDatabase(advice);
  return new ChatError(code, { ...(detail && { detail }), ...(errors && { errors }), cause });
}

/** An error of the operating system: the folder of the file is missing, not accessible or not a folder. */
function isSystemCallError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

/** The primary result code of an SQLite error, 0 for any other error (https://sqlite.org/rescode.html). */
export function primaryResultCode(error: unknown): number {
  const extended = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
  return extended & 0xff;
}
