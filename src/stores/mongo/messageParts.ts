import type { AnsweredMarks } from './answeredMarks';
import type { Appender } from './appender';
import type { MessageRecords } from './messageRecords';
import type { SessionCache } from './sessionCache';
import type { SessionRecords } from './sessionRecords';
import type { Settlement } from './settlement';
import type { TaskQueue } from './taskQueue';

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
