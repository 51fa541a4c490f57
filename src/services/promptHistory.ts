import { PAGE_LENGTH } from '../domain/limits';
import type { Message } from '../domain/message';
import type { Turn } from '../responders/responder';
import type { MessageStore } from '../stores/chatStore';

/** A user message and its reply. */
interface Exchange {
  message: Message;
  reply: Message | undefined;
}

/**
 * Reads the conversation before a user message, oldest first: the latest whole exchanges that fit into `maxCharacters`. A reply belongs
 * to its message, even if later messages were stored before it. Replies without text and failed ones are left out, and consecutive
 * user messages are joined.
 */
export async function readHistory(
  store: Pick<MessageStore, 'readMessages'>,
  userId: string,
  { sessionId, seq }: Pick<Message, 'sessionId' | 'seq'>,
  maxCharacters: number,
): Promise<Turn[]> {
  const chosen: Exchange[] = [];
  let room = maxCharacters;
  for await (const exchange of exchangesBefore(store, userId, sessionId, seq)) {
    room -= exchange.message.content.length + (exchange.reply?.content.length ?? 0);
    if (room < 0) break;
    chosen.unshift(exchange);
  }
  return joinTurns(chosen.flatMap(turnsOf));
}

/** The exchanges whose user message has a smaller `seq`, newest first. */
async function* exchangesBefore(
  store: Pick<MessageStore, 'readMessages'>,
  userId: string,
  sessionId: string,
  seq: number,
): AsyncGenerator<Exchange> {
  const replies = new Map<string | undefined, Message>();
  // From the end of the session, as a reply may stand anywhere after its message.
  for (let before: number | undefined, hasMore = true; hasMore; ) {
    const query = { limit: PAGE_LENGTH.max, ...(before !== undefined && { before }) };
    const page = await store.readMessages(userId, sessionId, query);
    for (const message of page?.messages.toReversed() ?? []) {
      if (message.sender === 'server') replies.set(message.replyTo, message);
      else if (message.seq < seq) yield { message, reply: replies.get(message.messageId) };
    }
    before = page?.messages[0]?.seq;
    hasMore = page?.hasMore ?? false;
  }
}

function turnsOf({ message, reply }: Exchange): Turn[] {
  const question: Turn = { role: 'user', content: message.content };
  if (!reply?.content || reply.finish === 'failed') return [question];
  return [question, { role: 'assistant', content: reply.content }];
}

function joinTurns(turns: readonly Turn[]): Turn[] {
  const joined: Turn[] = [];
  for (const { role, content } of turns) {
    const last = joined.at(-1);
    if (last?.role === role) last.content += `\n\n${content}`;
    else joined.push({ role, content });
  }
  return joined;
}
