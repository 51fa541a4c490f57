import type { ErrorCode } from '../domain/errors';
import { Counter, LabelledCounter } from './counter';
import type { Metric } from './metric';

/** The limits that a client can use up. */
export type LimitName = 'attempts' | 'wrong passwords' | 'connections' | 'messages';
const LIMITS: readonly LimitName[] = ['attempts', 'wrong passwords', 'connections', 'messages'];

const AUTH_CODES: readonly ErrorCode[] = [
  'UNAUTHENTICATED',
  'INVALID_CREDENTIALS',
  'TOKEN_EXPIRED',
  'TOKEN_REUSED',
];

/** What clients were refused, and why. */
export class RefusalMetrics {
  private readonly refusals = new LabelledCounter(
    'chat_refusals_total',
    'What clients were refused, by error code, via "rest", "handshake" or "event".',
    ['via', 'code'],
  );
  private readonly authFailures = new LabelledCounter(
    'chat_auth_failures_total',
    'Wrong passwords, and tokens that are missing, wrong or out of date, by error code.',
    ['code'],
    AUTH_CODES.map((code) => ({ code })),
  );
  private readonly limitHits = new LabelledCounter(
    'chat_limit_hits_total',
    'How often somebody had used up a limit.',
    ['limit'],
    LIMITS.map((limit) => ({ limit })),
  );
  private readonly foreignOrigins = new Counter(
    'chat_foreign_origins_total',
    'Connections refused because the origin of their page is not in CORS_ORIGIN.',
  );
  readonly all: readonly Metric[] = [this.refusals, this.authFailures, this.limitHits, this.foreignOrigins];

  refused(via: 'rest' | 'handshake' | 'event', code: ErrorCode): void {
    this.refusals.add({ via, code });
    if (AUTH_CODES.includes(code)) this.authFailures.add({ code });
  }

  limitHit(limit: LimitName): void {
    this.limitHits.add({ limit });
  }

  originRefused(): void {
    this.foreignOrigins.add();
  }
}
