import { type Deferred, deferred } from '../waiting';
import type { Fault, ScriptedReply } from './kit';

/** The user message that a reply is made to. */
export interface ReplyRequest {
  userId: string;
  sessionId: string;
  content: string;
  /** The `messageId` of the user message. */
  replyTo: string;
  /** 1 for the first reply to the message. */
  variant: number;
  /** Counts the requests for this reply, from 1: after a kill, it is requested again. */
  attempt: number;
}

/**
 * Makes the replies of a test server, in the process of the test: a text, or pieces that are streamed one at a time. A generator that waits for a
 * promise holds its reply at that point. An error fails the reply.
 */
export type MakeReply = (
  request: ReplyRequest,
) => string | Promise<string> | Iterable<string> | AsyncIterable<string>;

interface Script extends ScriptedReply {
  /** Resolves when the reply waits, or else when it has been requested. */
  reached: Deferred;
  released: Deferred;
}

const echo: MakeReply = ({ content }) => content;

/** Makes the replies: first those that were scripted, then those of `make`. */
export class Replies {
  private readonly queue: Script[] = [];
  /** The script of each reply, which may be requested again. */
  private readonly assigned = new Map<string, Script>();

  constructor(private readonly make: MakeReply = echo) {}

  /** Scripts the reply to the next message that has none. */
  add(reply: ScriptedReply): Fault {
    const script: Script = { ...reply, reached: deferred(), released: deferred() };
    this.queue.push(script);
    const heal = async () => script.released.resolve();
    return { happened: script.reached.promise, heal };
  }

  /** Releases every reply that waits, and removes the scripts that were not needed. */
  heal(): void {
    for (const { released } of [...this.queue.splice(0), ...this.assigned.values()]) released.resolve();
  }

  async *respond(request: ReplyRequest): AsyncGenerator<string> {
    const key = `${request.replyTo} ${request.variant}`;
    const script = this.assigned.get(key) ?? this.queue.shift();
    if (script) {
      this.assigned.set(key, script);
      yield* play(script);
      return;
    }
    const reply = await this.make(request);
    if (typeof reply === 'string') yield reply;
    else yield* reply;
  }
}

async function* play({ pieces, holdAfter, fails, reached, released }: Script): AsyncGenerator<string> {
  if (holdAfter === undefined) reached.resolve();
  for (let index = 0; index <= pieces.length; index += 1) {
    if (index === holdAfter) {
      reached.resolve();
      await released.promise;
    }
    const piece = pieces[index];
    if (piece !== undefined) yield piece;
  }
  if (fails) throw new Error('The script of the test says so.');
}
