import { ChatError } from '../domain/errors';

/** The database answers, but must not be served from. The message is a sentence for who starts the server. */
export class UnusableDatabase extends ChatError {
  constructor(message: string) {
    super('UNAVAILABLE', { detail: message });
  }
}
