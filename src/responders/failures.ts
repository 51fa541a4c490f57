import { type FailureKind, ResponderFailure } from './responder';

/** How much of a provider's error is logged. */
const MAX_TEXT_LENGTH = 500;
const TOO_LONG =
  /context[ _](length|size|window)|maximum context|prompt is too long|exceed_context|too many (input )?tokens/i;
/** Statuses that may pass by themselves, besides those from 500. 409 is a conflict with an earlier request, 425 is "too early". */
const PASSING_STATUSES = [408, 409, 425];

/**
 * The failure that a provider reports with the status of its response, or in a stream with status 200, where `status` is null.
 * `error` is what it said: a text, or an object with `message`, `code` or `type`.
 */
export function failureOf(status: number | null, error: unknown, retryAfterMs?: number): ResponderFailure {
  const { message, code, type } = describe(error);
  const effective = status ?? statusIn(error);
  const details = [effective && `status ${effective}`, code, type, message].filter(Boolean).join(', ');
  const kind = kindOf(effective, `${code} ${type}`, message);
  return new ResponderFailure(
    kind,
    `the responder reported an error: ${details.slice(0, MAX_TEXT_LENGTH)}`,
    retryAfterMs,
  );
}

/** Reads `Retry-After`, in seconds or as a date, and the header with milliseconds that some providers send. */
export function retryAfterOf(headers: Headers, now: number): number | undefined {
  const milliseconds = Number(headers.get('retry-after-ms') ?? Number.NaN);
  if (milliseconds >= 0) return milliseconds;
  const text = headers.get('retry-after');
  if (text === null) return undefined;
  const waitMs = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(waitMs) ? Math.max(0, waitMs) : undefined;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(status: number | null, code: string, message: string): FailureKind {
  if (TOO_LONG.test(code) || (status !== 429 && TOO_LONG.test(message))) return 'contextTooLong';
  // The account has no credit left, which waiting doesn't change.
  if (/insufficient_quota/.test(code)) return 'permanent';
  if (status === 429 || /rate_limit/.test(code)) return 'limited';
  if (status === null || status >= 500 || PASSING_STATUSES.includes(status)) return 'passing';
  return 'permanent';
}

function describe(error: unknown): { message: string; code: string; type: string } {
  if (!isRecord(error)) return { message: typeof error === 'string' ? error : '', code: '', type: '' };
  return { message: word(error.message), code: word(error.code), type: word(error.type) };
}

/** In a stream, some providers send the status as the code of the error. */
function statusIn(error: unknown): number | null {
  if (!isRecord(error)) return null;
  const status = Number(error.code ?? error.status);
  return status >= 400 && status < 600 ? status : null;
}

function word(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
