/** What the run counts: a server that ended, an answer of 500 and more, a text that nobody may see, any other wrong answer. */
export type FaultKind = 'crash' | 'serverError' | 'leak' | 'wrongAnswer';

/** The server has broken one of its promises. */
export class Fault extends Error {
  constructor(
    readonly kind: FaultKind,
    message: string,
  ) {
    super(message);
    this.name = 'Fault';
  }
}

export function faultKindOf(thrown: unknown): FaultKind {
  return thrown instanceof Fault ? thrown.kind : 'wrongAnswer';
}

/** A text of which the beginning says enough. */
export function excerpt(text: string, length = 600): string {
  return text.length <= length ? text : `${text.slice(0, length)}… (${text.length} characters)`;
}

export function textOf(thrown: unknown): string {
  if (thrown instanceof Fault) return thrown.message;
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}
