import type { Message } from './message';

/** A user message on a branch, with its stored replies. */
export interface BranchExchange {
  message: Message;
  /** Ascending by `variant`, so the last one is the newest. Empty while the message waits for its reply. */
  replies: readonly Message[];
}

/**
 * Reads a session backwards and selects one branch of it. The branch that ends with a user message consists of that message and, before
 * it, the branch that ends with the user message before it in the session. If the message replaces another one, it takes the place of
 * the first of all its versions: the branch goes on before that one. A reply belongs to its message, wherever it stands.
 */
export class BranchWalk {
  private readonly replies = new Map<string, Message[]>();
  /** The message that was replaced, until it is read. Those after it are not on the branch, and neither is it. */
  private replaced: string | undefined;

  /** `tip` is the user message that ends the branch, by default the last one of the session. */
  constructor(private tip?: string) {}

  /**
   * Takes the messages of a session in descending order of `seq`, without gaps. Returns the exchange if this is a user message of the
   * branch.
   */
  read(message: Message): BranchExchange | null {
    const { messageId, replyTo, replaces } = message;
    if (replyTo !== undefined) this.addReply(replyTo, message);
    if (message.sender !== 'user' || (this.tip !== undefined && messageId !== this.tip)) return null;
    this.tip = undefined;
    const isOnBranch = this.replaced === undefined;
    if (isOnBranch || messageId === this.replaced) this.replaced = replaces;
    return isOnBranch ? { message, replies: this.replies.get(messageId) ?? [] } : null;
  }

  private addReply(replyTo: string, reply: Message): void {
    const replies = [...(this.replies.get(replyTo) ?? []), reply];
    this.replies.set(
      replyTo,
      replies.sort((one, other) => variantOf(one) - variantOf(other)),
    );
  }
}

/** 1 for the first reply to a message. */
export function variantOf({ variant = 1 }: Pick<Message, 'variant'>): number {
  return variant;
}

/**
 * Returns the branch that ends with the user message `tip`, by default the last one, oldest exchange first. `messages` are the latest of
 * a session, ascending by `seq`; if older ones are missing, the result is the part of the branch that is among them.
 */
export function branchOf(messages: readonly Message[], tip?: string): BranchExchange[] {
  const walk = new BranchWalk(tip);
  const newestFirst = [...messages].reverse().flatMap((message) => walk.read(message) ?? []);
  return newestFirst.reverse();
}

/**
 * Returns, for each user message, the ids of all its versions: itself, those that it replaces, and those that replace it or one of
 * them, ascending by `seq`. Those that are not among `messages` are left out, and what is related only through them.
 */
export function versionsOf(messages: readonly Message[]): Map<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const { messageId, sender, replaces } of messages) {
    if (sender !== 'user') continue;
    // Versions of a message that is not among `messages` are found by its id.
    const versions = (replaces !== undefined && groups.get(replaces)) || [];
    versions.push(messageId);
    groups.set(messageId, versions);
    if (replaces !== undefined) groups.set(replaces, versions);
  }
  const ids = new Set(messages.map(({ messageId }) => messageId));
  return new Map([...groups].filter(([messageId]) => ids.has(messageId)));
}

/** Returns the last user message whose branch contains this one. `messages` as in `branchOf`. */
export function tipOf(messages: readonly Message[], messageId: string): string {
  const containing = new Set([messageId]);
  let tip = messageId;
  for (const [id, parent] of parentsOf(messages)) {
    if (parent !== undefined && containing.has(parent)) containing.add(id);
    if (containing.has(id)) tip = id;
  }
  return tip;
}

/** Returns, for each user message, the message before it on its branch, if that is among `messages`. */
function parentsOf(messages: readonly Message[]): Map<string, string | undefined> {
  const versions = versionsOf(messages);
  const parents = new Map<string, string | undefined>();
  let previous: string | undefined;
  for (const { messageId, sender, replaces } of messages) {
    if (sender !== 'user') continue;
    const first = versions.get(messageId)?.[0];
    if (first !== undefined && first !== messageId) parents.set(messageId, parents.get(first));
    else parents.set(messageId, replaces === undefined ? previous : undefined);
    previous = messageId;
  }
  return parents;
}
