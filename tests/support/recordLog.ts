import type { LevelWithSilent } from 'pino';
import { createLogger, type Logger } from '../../src/utils/logger';

export type LogEntry = Record<string, unknown>;

export interface LogRecord {
  logger: Logger;
  /** What was written so far, line by line. */
  lines: readonly string[];
  entries(): LogEntry[];
  /** Resolves with the first entry that fulfils the condition, once there is one. */
  entry(condition: (entry: LogEntry) => boolean): Promise<LogEntry>;
}

/** A logger that keeps what it writes, and lets a test wait for it. */
export function recordLog(level: LevelWithSilent): LogRecord {
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const write = (line: string) => {
    lines.push(line);
    for (const look of waiting) look();
  };
  const entries = (): LogEntry[] => lines.map((line) => JSON.parse(line));
  return {
    logger: createLogger(level, { write }),
    lines,
    entries,
    entry: (condition) =>
      new Promise((resolve) => {
        const look = () => {
          const found = entries().find(condition);
          if (!found) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}
