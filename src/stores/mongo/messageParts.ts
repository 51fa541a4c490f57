import type { TaskQueue } from '../../utils/serialQueue';
import type { AnsweredMarks } from './answeredMarks';
import type { MessageRecords } from './messageRecords';
import type { Appender } from './sequencedInsert';
import type { SessionCache } from './sessionCache';
import type { Settlement } from './sessionProgress';
import type { SessionRecords } from './sessionRecords';

/** What messages are stored and read with. */
export interface MessageParts {
  cache: SessionCache;
  sessions: SessionRecords;
  messages: MessageRecords;
  appender: Appender;
  settlement: Settlement;
  marks: AnsweredMarks;
  /** One task of a session at a time. */
  queue: TaskQueue;
}
