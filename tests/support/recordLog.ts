import type { LevelWithSilent } from 'pino';
import { createLogger, type Logger } from '../../src/utils/logger';
import { Changes } from '../../testkit/waiting';

export type LogEntry = Record<string, unknown>;

export interface LogRecord {
  logger: Logger;
  /** The lines written so far. */
  lines: readonly string[];
  entries(): LogEntry[];
  /** Resolves with the first entry that fulfills the condition, once there is one. */
  entry(condition: (entry: LogEntry) => boolean): Promise<LogEntry>;
}

/** A logger that keeps its lines, so that a test can wait for them. */
export function recordLog(level: LevelWithSilent): LogRecord {
  const lines: string[] = [];
  const changes = new Changes();
  const write = (line: string) => {
    lines.push(line);
    changes.notify();
  };
  const entries = (): LogEntry[] => lines.map((line) => JSON.parse(line));
  return {
    logger: createLogger(level, { write }),
    lines,
    entries,
    async entry(condition) {
      await changes.until(() => entries().some(condition));
      return entries().find(condition) ?? {};
    },
  };
}
