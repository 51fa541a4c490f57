import { MAX_REPLY_BYTES } from '../domain/limits';
import { type ReplyEnd, type ReplyPart, ResponderFailure } from './responder';

/**
 * Passes on the parts of a reply so that its text can be stored and its end can be trusted. No text part splits a surrogate pair; lone
 * surrogates and NUL, which don't survive storage, become U+FFFD. A reply longer than `MAX_REPLY_BYTES` ends there, with `length`.
 * Throws a `ResponderFailure` if the parts end without `finish`, or with `stop` and no text.
 */
export async function* boundedReply(parts: AsyncIterable<ReplyPart>): AsyncGenerator<ReplyPart> {
  const reply = new BoundedReply();
  for await (const part of parts) {
    yield* reply.read(part);
    if (reply.isComplete) return;
  }
  throw new ResponderFailure('passing', 'the reply ended before it was complete');
}

/** A reply as it arrives. */
class BoundedReply {
  isComplete = false;
  /** Nothing but white space has arrived. */
  private isBlank = true;
  private bytes = 0;
  /** The first half of a surrogate pair, until its second half arrives. */
  private held = '';

  *read(part: ReplyPart): Generator<ReplyPart> {
    if ('text' in part) yield* this.accept(this.joined(part.text));
    else if ('finish' in part) yield* this.end(part);
    else yield part;
  }

  /** Prepends the half that was held back, and holds back the half at the end. */
  private joined(piece: string): string {
    const text = this.held + piece;
    const isSplit = /[\ud800-\udbff]$/.test(text);
    this.held = isSplit ? text.slice(-1) : '';
    return isSplit ? text.slice(0, -1) : text;
  }

  private *accept(raw: string): Generator<ReplyPart> {
    const text = raw.toWellFormed().replaceAll('\0', '\ufffd');
    const fitting = truncate(text, MAX_REPLY_BYTES - this.bytes);
    this.bytes += Buffer.byteLength(fitting);
    this.isBlank &&= fitting.trim() === '';
    if (fitting !== '') yield { text: fitting };
    if (fitting.length === text.length) return;
    this.isComplete = true;
    yield { finish: 'length' };
  }

  private *end(part: { finish: ReplyEnd }): Generator<ReplyPart> {
    yield* this.accept(this.held);
    if (this.isComplete) return;
    if (part.finish === 'stop' && this.isBlank) {
      throw new ResponderFailure('permanent', 'the responder returned no text');
    }
    this.isComplete = true;
    yield part;
  }
}

/** The beginning of the text that has at most `maxBytes` bytes of UTF-8. */
function truncate(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes));
  return text.slice(0, read);
}
