import type { ChatError } from '../domain/errors';
import type { Logger } from '../utils/logger';

const PAUSE_MS = 10_000;

/** Writes of a database that can't be used: at once, and then not more than once in 10 s, however many calls fail. */
export class FailureLog {
  private failures = 0;
  private silentUntil = 0;

  constructor(private readonly logger: Logger) {}

  failed({ code, cause }: ChatError): void {
    this.failures += 1;
    const now = performance.now();
    if (now < this.silentUntil) return;
    this.silentUntil = now + PAUSE_MS;
    this.logger.error({ code, err: cause, failures: this.failures }, 'the database could not be used');
    this.failures = 0;
  }
}
