import { createParser } from 'eventsource-parser';
import {
  failureOf,
  isRecord,
  type ReplyEnd,
  type ReplyPart,
  ResponderFailure,
  type Usage,
} from './responder';

/** The largest event of a stream, in characters. */
const MAX_EVENT_CHARACTERS = 1_048_576;

/** Reports what arrives, so that the caller can limit how long it waits. */
export interface StreamProgress {
  /** Bytes arrived, also those of a comment. */
  received(): void;
  /** Text or reasoning arrived. */
  progressed(): void;
  /** The text is complete. What may follow is optional. */
  completed(): void;
}

/**
 * Reads a streamed chat completion of the OpenAI API. `usage` comes before `finish`, which is the last part. Throws a
 * `ResponderFailure` if the stream reports an error or ends without a finish reason; `data: [DONE]` is not needed.
 */
export async function* readStream(
  body: AsyncIterable<Uint8Array>,
  progress: StreamProgress,
): AsyncGenerator<ReplyPart> {
  const chunks = new ChunkReader();
  try {
    for await (const bytes of body) {
      progress.received();
      chunks.feed(bytes);
      const parts = chunks.take();
      if (parts.length > 0) progress.progressed();
      yield* parts;
      chunks.throwIfFailed();
      if (chunks.finish !== null) progress.completed();
      if (chunks.isDone) break;
    }
    chunks.endEvent();
    chunks.throwIfFailed();
  } catch (error) {
    // After the finish reason only the usage is missing.
    if (chunks.finish === null) throw error;
  }
  yield* chunks.end();
}

/** Reads a response that is not streamed: `{content}` of a webhook, or a chat completion. */
export function* readWhole(body: string): Generator<ReplyPart> {
  const chunks = new ChunkReader();
  const whole = parseJson(body);
  if (isRecord(whole) && typeof whole.content === 'string') {
    yield { text: whole.content };
    yield { finish: 'stop' };
    return;
  }
  chunks.readChunk(whole);
  yield* chunks.end();
}

/** Collects the parts of the chunks that it reads. */
class ChunkReader {
  finish: ReplyEnd | null = null;
  /** The stream has announced its end. */
  isDone = false;
  /** Why the stream has failed. What it contained before still counts. */
  private failure: unknown = null;
  private usage: Usage | null = null;
  private parts: ReplyPart[] = [];
  private readonly tags = new ThinkTags();
  private readonly decoder = new TextDecoder();
  private readonly parser = createParser({
    maxBufferSize: MAX_EVENT_CHARACTERS,
    onEvent: ({ data }) => this.readEvent(data),
    onError: ({ type }) => {
      if (type !== 'max-buffer-size-exceeded') return;
      this.failure = new ResponderFailure('permanent', 'the responder sent an event that is too large');
    },
  });

  feed(bytes: Uint8Array): void {
    this.parser.feed(this.decoder.decode(bytes, { stream: true }));
  }

  /** The stream has ended. Its last event may lack its blank line. */
  endEvent(): void {
    this.parser.feed('\n\n');
  }

  throwIfFailed(): void {
    if (this.failure) throw this.failure;
  }

  /** Does not throw, because the parts of earlier events have not been taken yet. */
  private readEvent(data: string): void {
    if (this.isDone || this.failure) return;
    try {
      if (data.trim() === '[DONE]') this.isDone = true;
      else this.readChunk(parseJson(data));
    } catch (error) {
      this.failure = error;
    }
  }

  /** Takes one chunk of a stream, or a whole completion. */
  readChunk(chunk: unknown): void {
    if (!isRecord(chunk)) return;
    if (isRecord(chunk.error) || typeof chunk.error === 'string') throw failureOf(null, chunk.error);
    if (chunk.object === 'error') throw failureOf(null, chunk);
    const choice: unknown = Array.isArray(chunk.choices) ? chunk.choices[0] : undefined;
    if (isRecord(choice)) this.readChoice(choice);
    if (isRecord(chunk.usage)) this.readUsage(chunk.usage);
  }

  /** Returns the parts that were read since the last call. */
  take(): ReplyPart[] {
    return this.parts.splice(0);
  }

  *end(): Generator<ReplyPart> {
    if (this.finish === null) throw new ResponderFailure('passing', 'the reply was cut off');
    this.add(this.tags.end());
    yield* this.take();
    if (this.usage) yield { usage: this.usage };
    yield { finish: this.finish };
  }

  private readChoice(choice: Record<string, unknown>): void {
    const delta = isRecord(choice.delta) ? choice.delta : choice.message;
    if (isRecord(delta)) {
      if (hasText(delta.reasoning_content) || hasText(delta.reasoning)) this.parts.push({ thinking: true });
      this.add(this.tags.push(textOf(delta.content)));
      // A refusal takes the place of the content.
      this.add({ text: textOf(delta.refusal), thinking: false });
    }
    if (typeof choice.finish_reason === 'string') this.finish = endOf(choice.finish_reason);
  }

  private readUsage({ prompt_tokens, completion_tokens }: Record<string, unknown>): void {
    if (typeof prompt_tokens !== 'number' || typeof completion_tokens !== 'number') return;
    // Some providers repeat the usage in each chunk; the last one counts.
    this.usage = { promptTokens: prompt_tokens, completionTokens: completion_tokens };
  }

  private add({ text, thinking }: { text: string; thinking: boolean }): void {
    if (thinking) this.parts.push({ thinking: true });
    if (text !== '') this.parts.push({ text });
  }
}

function endOf(reason: string): ReplyEnd {
  if (reason === 'length' || reason === 'max_tokens') return 'length';
  if (reason === 'content_filter') return 'filtered';
  if (reason === 'error') throw new ResponderFailure('passing', 'the provider reported an error');
  if (reason === 'tool_calls' || reason === 'function_call') {
    throw new ResponderFailure('permanent', 'the model called a tool; this server offers none');
  }
  return 'stop';
}

function hasText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

/** Some providers send content as a list of typed parts. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: unknown) => (isRecord(part) && typeof part.text === 'string' ? part.text : ''))
    .join('');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ResponderFailure('passing', 'the responder sent invalid JSON', undefined, { cause: error });
  }
}

const OPEN = '<think>';
const CLOSE = '</think>';

/** What a piece of a reply contains, besides its tags. */
export interface TaggedText {
  text: string;
  thinking: boolean;
}

/**
 * Separates `<think>…</think>` at the beginning of a reply from its text. Models that reason write it when their server doesn't
 * separate it. Tags may be split anywhere; elsewhere in a reply they are text.
 */
export class ThinkTags {
  private state: 'start' | 'thinking' | 'after' | 'text' = 'start';
  /** What can't be assigned before more arrives. */
  private pending = '';

  push(piece: string): TaggedText {
    if (this.state === 'text') return { text: piece, thinking: false };
    this.pending += piece;
    const startedThinking = this.skipOpenTag();
    const thinking = startedThinking || (this.state === 'thinking' && piece !== '');
    this.skipThought();
    return { text: this.takeText(), thinking };
  }

  /** Returns the text that was held back because a tag could have followed. */
  end(): TaggedText {
    const text = this.state === 'start' ? this.pending : '';
    this.pending = '';
    return { text, thinking: false };
  }

  private skipOpenTag(): boolean {
    if (this.state !== 'start') return false;
    const start = this.pending.trimStart();
    if (start.startsWith(OPEN)) {
      this.state = 'thinking';
      this.pending = start.slice(OPEN.length);
      return true;
    }
    if (!OPEN.startsWith(start)) this.state = 'text';
    return false;
  }

  private skipThought(): void {
    if (this.state !== 'thinking') return;
    const end = this.pending.indexOf(CLOSE);
    if (end === -1) {
      // Long enough for a tag of which the last character is missing.
      this.pending = this.pending.slice(1 - CLOSE.length);
      return;
    }
    this.state = 'after';
    this.pending = this.pending.slice(end + CLOSE.length);
  }

  private takeText(): string {
    if (this.state === 'after') {
      this.pending = this.pending.trimStart();
      if (this.pending !== '') this.state = 'text';
    }
    if (this.state !== 'text') return '';
    const text = this.pending;
    this.pending = '';
    return text;
  }
}
