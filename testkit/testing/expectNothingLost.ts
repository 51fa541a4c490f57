import type { Message } from '../../src/domain/message';
import {
  type Conversation,
  DeliveryError,
  describeConversation,
  findProblems,
  type MessageLike,
} from './delivery';
import { readConversations, type WatchableClient } from './watch';

/** What an app has sent in one session, and what it shows. */
export interface AppView {
  /** The user of `addUser`. */
  user: { stored(sessionId?: string): Promise<Message[]> };
  /** Not needed if the user has one session. */
  sessionId?: string;
  /** What the user has sent with the app, in order. */
  sent: readonly MessageLike[];
  /** The whole conversation as the app shows it, in order: texts or messages. A function is called until all is well. */
  received: Shown | (() => Shown | Promise<Shown>);
}

export type Shown = readonly MessageLike[];

export interface ExpectOptions {
  /** How long the app may take to catch up, in milliseconds. Default: 4,000, less than a test of Jest or Vitest may take. */
  timeoutMs?: number;
}

const TIMEOUT_MS = 4_000;
const POLL_MS = 50;

/**
 * Compares what an app has sent and shows with what the server has stored, after all faults are healed: nothing may be lost, doubled,
 * reordered or unanswered. Takes a client of `watch`, or a view of any app. Waits until the app has caught up. Rejects with a
 * `DeliveryError` that says which message is wrong and what to look at.
 */
export async function expectNothingLost(
  app: WatchableClient | AppView,
  { timeoutMs = TIMEOUT_MS }: ExpectOptions = {},
): Promise<void> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const conversations = 'subscribe' in app ? await readWatched(app) : [await readView(app)];
    const problems = conversations.flatMap(findProblems);
    if (problems.length === 0) return requireMessages(conversations);
    if (Date.now() >= end) {
      const wrong = conversations.filter((conversation) => findProblems(conversation).length > 0);
      throw new DeliveryError(problems, wrong.map(describeConversation).join('\n'));
    }
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_MS);
    });
  }
}

/** A comparison of nothing with nothing would pass whatever the app does. */
function requireMessages(conversations: readonly Conversation[]): void {
  if (conversations.some(({ stored, shown }) => stored.length + shown.length > 0)) return;
  throw new Error(
    'Nothing was sent, stored or shown, so nothing is proven: let the app send a message first.',
  );
}

async function readWatched(client: WatchableClient): Promise<Conversation[]> {
  const conversations = await readConversations(client);
  if (conversations) return conversations;
  throw new Error(
    'This client is not watched: let the app use the client that watch(client) returns, and pass that.',
  );
}

async function readView({ user, sessionId, sent, received }: AppView): Promise<Conversation> {
  const shown = typeof received === 'function' ? await received() : received;
  return { sent, stored: await user.stored(sessionId), shown };
}
