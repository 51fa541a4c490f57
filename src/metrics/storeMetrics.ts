import type { ErrorCode } from '../domain/errors';
import type { Message } from '../domain/message';
import { Counter, LabelledCounter } from './counter';
import { CALL_SECONDS, REPLY_SECONDS } from './durations';
import { Histogram, LabelledHistogram } from './histogram';
import type { Metric } from './metric';

/** What goes into the database, and how long that takes. */
export class StoreMetrics {
  private readonly messages = new LabelledCounter(
    'chat_messages_stored_total',
    'Messages that were stored, by sender: user or server.',
    ['sender'],
    [{ sender: 'user' }, { sender: 'server' }],
  );
  private readonly duplicates = new Counter(
    'chat_message_duplicates_total',
    'Messages that were sent again and were there already.',
  );
  private readonly replies = new Histogram(
    'chat_reply_duration_seconds',
    'From taking a message of a user to having its reply on disk.',
    REPLY_SECONDS,
  );
  private readonly commitTimes = new Histogram(
    'chat_commit_duration_seconds',
    'SQLite: from handing writes to the thread of the database to knowing them on disk.',
    CALL_SECONDS,
  );
  private readonly commitSizes = new Histogram(
    'chat_commit_writes',
    'SQLite: writes that shared a commit.',
    [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
  );
  private readonly calls = new LabelledHistogram(
    'chat_store_call_duration_seconds',
    'Calls of the database, with the time that they waited for their turn.',
    ['call'],
    CALL_SECONDS,
  );
  private readonly failures = new LabelledCounter(
    'chat_store_failures_total',
    'Calls that failed because of the database, by error code.',
    ['code'],
    [{ code: 'UNAVAILABLE' }, { code: 'INTERNAL' }],
  );
  readonly all: readonly Metric[] = [
    this.messages,
    this.duplicates,
    this.replies,
    this.commitTimes,
    this.commitSizes,
    this.calls,
    this.failures,
  ];

  messageStored(sender: Message['sender']): void {
    this.messages.add({ sender });
  }

  duplicateFound(): void {
    this.duplicates.add();
  }

  replied(seconds: number): void {
    this.replies.observe(seconds);
  }

  committed(writes: number, seconds: number): void {
    this.commitSizes.observe(writes);
    this.commitTimes.observe(seconds);
  }

  called(call: string, seconds: number): void {
    this.calls.observe({ call }, seconds);
  }

  failed({ code }: { code: ErrorCode }): void {
    this.failures.add({ code });
  }
}
