import { ChatError, type ErrorCode, type FieldError } from '../../domain/errors';
import { UnusableDatabase } from '../unusableDatabase';

/** A failed job's error as plain data: an `Error` loses all but its message on the way between threads. */
export interface JobError {
  code: ErrorCode;
  detail?: string;
  errors?: readonly FieldError[];
  cause?: string;
  /** True if the operation itself refused, and so wrote nothing. */
  foreseen: boolean;
  /** That of an `UnusableDatabase`. */
  advice?: string;
  /** True if it is unknown what the connection believes to be on disk, as after a failed write or sync. */
  isConnectionSuspect: boolean;
}

/**
 * Primary result codes that mean the database can't serve now, rather than that the statement is wrong: BUSY, LOCKED,
 * NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB (https://sqlite.org/rescode.html).
 */
const UNAVAILABLE_RESULT_CODES: ReadonlySet<number> = new Set([5, 6, 7, 8, 10, 11, 13, 14, 15, 26]);

/**
 * BUSY, LOCKED and FULL: nothing was kept, and the connection knows it. These can last, and to open a new one again and
 * again would cost those who only read.
 */
const HARMLESS_RESULT_CODES: ReadonlySet<number> = new Set([5, 6, 13]);

export function toJobError(error: unknown): JobError {
  if (error instanceof ChatError) {
    const { code, message: detail, errors } = error;
    return {
      code,
      detail,
      ...(errors && { errors }),
      foreseen: true,
      ...(error instanceof UnusableDatabase && { advice: error.advice }),
      isConnectionSuspect: false,
    };
  }
  const resultCode = primaryResultCode(error);
  const isUnavailable = UNAVAILABLE_RESULT_CODES.has(resultCode) || isOfSystem(error);
  return {
    code: isUnavailable ? 'UNAVAILABLE' : 'INTERNAL',
    cause: error instanceof Error ? (error.stack ?? error.message) : String(error),
    foreseen: false,
    isConnectionSuspect: isUnavailable && !HARMLESS_RESULT_CODES.has(resultCode),
  };
}

export function fromJobError({ code, detail, errors, cause, advice }: JobError): ChatError {
  if (advice !== undefined) return new UnusableDatabase(advice);
  return new ChatError(code, { ...(detail && { detail }), ...(errors && { errors }), cause });
}

/** Of the operating system: the folder of the file is missing, closed or no folder. */
function isOfSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

/** The primary result code of an error of SQLite, 0 of any other one (https://sqlite.org/rescode.html). */
export function primaryResultCode(error: unknown): number {
  const extended = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
  return extended & 0xff;
}
