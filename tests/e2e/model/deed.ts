import type { Message } from '../../../src/domain/message';

/** What came of one thing that a device did. */
export type Result =
  | {
      what: 'sent';
      message: Message;
      duplicate: boolean;
      /** What was sent, by this name. */
      content: string;
      clientMessageId: string | undefined;
      /** It was sent twice, so that `duplicate` doesn't tell whether this device was the first. */
      repeated: boolean;
      /** True if surely this device's socket had it stored. */
      own: boolean;
      /** As REST told it, undefined from the socket. */
      reply?: Message | null;
    }
  | { what: 'joined'; after: number | null; lastSeq: number; messages: Message[] }
  /** A join whose answer was lost, made good over REST. */
  | { what: 'opened' }
  | { what: 'read'; messages: Message[] }
  | { what: 'renamed'; name: string }
  | { what: 'deleted' | 'left' | 'leaving lost' | 'refused' | 'connected' };

export type ResultOf<W extends Result['what']> = Extract<Result, { what: W }>;

/** What a device did and what came of it, without the device. */
export interface Effect {
  /** The index of the session; null for all. */
  session: number | null;
  /** Makes the session if nobody has it. */
  creates: boolean;
  /** Joins the session, if it succeeds. */
  joins: boolean;
  /** It was sent without an ack first. */
  withoutAck: boolean;
  result: Result;
  /** The connection was cut before the answer, which was then asked for over REST. */
  lost: boolean;
}

/** The results of one kind, each with its deed. */
export function resultsOf<W extends Result['what'], E extends Effect>(deeds: readonly E[], what: W) {
  return deeds.flatMap((deed) => (is(deed.result, what) ? [{ ...deed, result: deed.result }] : []));
}

export function has(deeds: readonly Effect[], what: Result['what']): boolean {
  return deeds.some(({ result }) => result.what === what);
}

function is<W extends Result['what']>(result: Result, what: W): result is ResultOf<W> {
  return result.what === what;
}

/** A deed that neither makes nor joins a session. */
export const PLAIN = { creates: false, joins: false, withoutAck: false, lost: false } as const;
