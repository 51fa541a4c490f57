import { ChatError } from '../domain/errors';

/** The database answers, but must not be served from. `advice` is a sentence for who starts the server; no client sees it. */
export class UnusableDatabase extends ChatError {
  constructor(readonly advice: string) {
    super('UNAVAILABLE', { cause: new Error(advice) });
  }
}
