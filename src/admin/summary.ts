import { hash } from 'node:crypto';
import type { Message } from '../domain/message';
import type { SessionState } from '../domain/session';
import type { Login, RequestUsage, RevokedToken, UserRecord } from '../domain/user';

/**
 * Everything that a database stores, in a form that is the same for all databases. Anything else in a database is derived
 * from it, such as which messages are unanswered, when a session was last active, and its preview.
 */
export interface ChatRecords {
  users: UserRecord;
  logins: Login;
  revokedTokens: RevokedToken;
  sessions: SessionState;
  messages: Message;
  usage: RequestUsage;
}

export type RecordKind = keyof ChatRecords;

/** Records of one kind. */
export type RecordBatch = {
  [K in RecordKind]: { readonly kind: K; readonly records: readonly ChatRecords[K][] };
}[RecordKind];

/** Counts and a checksum of everything in a database, usage and revoked tokens included. Equal for databases with equal contents. */
export interface DatabaseSummary extends Record<Exclude<RecordKind, 'usage' | 'revokedTokens'>, number> {
  /** User messages without a reply. */
  unanswered: number;
  /** 64 hexadecimal digits. */
  checksum: string;
}

const FIGURES = ['users', 'logins', 'sessions', 'messages', 'unanswered', 'checksum'] as const;

/** The sum of the SHA-256 hashes of texts, modulo 2^256: independent of their order. */
export class Checksum {
  private sum = 0n;

  add(text: string): void {
    this.sum = BigInt.asUintN(256, this.sum + BigInt(`0x${hash('sha256', text)}`));
  }

  /** 64 hexadecimal digits. */
  toString(): string {
    return this.sum.toString(16).padStart(64, '0');
  }
}

/** Builds the summary of a database from its records, for comparing databases of any kind. */
export class SummaryBuilder {
  private readonly counts = { users: 0, logins: 0, sessions: 0, messages: 0, unanswered: 0 };
  private readonly checksum = new Checksum();

  add(batch: RecordBatch): void {
    for (const record of batch.records) this.checksum.add(canonicalJson(batch.kind, record));
    if (batch.kind === 'usage' || batch.kind === 'revokedTokens') return;
    this.counts[batch.kind] += batch.records.length;
    if (batch.kind !== 'messages') return;
    for (const { sender, replyTo, variant } of batch.records) {
      if (sender === 'user') this.counts.unanswered += 1;
      else if (replyTo !== undefined && variant === undefined) this.counts.unanswered -= 1;
    }
  }

  build(): DatabaseSummary {
    return { ...this.counts, checksum: this.checksum.toString() };
  }
}

/** Takes the names of the fields from the record, so that the checksum covers every field, including ones added later. */
function canonicalJson(kind: RecordKind, record: object): string {
  const fields = Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([kind, fields]);
}

/** Returns one text for each figure that differs, empty if the summaries are equal. */
export function findDifferences(expected: DatabaseSummary, found: DatabaseSummary): string[] {
  const different = FIGURES.filter((name) => expected[name] !== found[name]);
  return different.map((name) => `${name} ${found[name]} instead of ${expected[name]}`);
}

export function isEqual(one: DatabaseSummary, other: DatabaseSummary): boolean {
  return findDifferences(one, other).length === 0;
}

/** Formats a summary as two lines for the operator. */
export function describeSummary(summary: DatabaseSummary): string {
  const counts = [
    counted(summary.users, 'user'),
    counted(summary.logins, 'login'),
    counted(summary.sessions, 'session'),
    `${counted(summary.messages, 'message')} (${grouped(summary.unanswered)} unanswered)`,
  ];
  return `${counts.join(', ')}\nchecksum ${summary.checksum}`;
}

function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Formats 1234567 as 1,234,567. */
function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
