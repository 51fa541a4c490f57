import type { Message, MessagePage } from '../../src/domain/message';
import type { Conversation } from './delivery';

/** What `watch` uses of a client of `smart-chat-client`. */
export interface WatchableClient {
  send(sessionId: string, content: string, options?: { clientMessageId?: string }): Promise<Message>;
  subscribe(sessionId: string, options: WatchedSubscription): { close(): void };
  history(sessionId: string, query?: { after?: number; limit?: number }): Promise<MessagePage>;
}

interface WatchedSubscription {
  after?: number;
  onMessage(message: Message): void;
}

/** What a client has sent and delivered in one session. */
interface SessionRecord {
  /** In the order of the calls. A message that is not stored yet has only its content. */
  sent: { content: string; messageId?: string }[];
  /** One list for each subscription, with the `seq` that it starts after. */
  deliveries: { after: number | undefined; messages: Message[]; isClosed: boolean }[];
}

type ClientRecord = Map<string, SessionRecord>;

const PAGE_LENGTH = 100;
const records = new WeakMap<object, ClientRecord>();

/** Returns the client with a record of what it sends and delivers, for `expectNothingLost`. Use only the returned one. */
export function watch<C extends WatchableClient>(client: C): C {
  const record: ClientRecord = new Map();
  const recorded = {
    async send(...[sessionId, content, options]: Parameters<WatchableClient['send']>): Promise<Message> {
      const { sent } = recordOf(record, sessionId);
      const entry: SessionRecord['sent'][number] = { content };
      sent.push(entry);
      try {
        const message = await client.send(sessionId, content, options);
        entry.messageId = message.messageId;
        return message;
      } catch (error) {
        // The app knows that it failed.
        sent.splice(sent.indexOf(entry), 1);
        throw error;
      }
    },

    subscribe(sessionId: string, options: WatchedSubscription) {
      const delivery: SessionRecord['deliveries'][number] = {
        after: options.after,
        messages: [],
        isClosed: false,
      };
      recordOf(record, sessionId).deliveries.push(delivery);
      const subscription = client.subscribe(sessionId, {
        ...options,
        onMessage(message) {
          delivery.messages.push(message);
          options.onMessage(message);
        },
      });
      return new Proxy(subscription, {
        get(target, name) {
          if (name === 'close') delivery.isClosed = true;
          return Reflect.get(target, name);
        },
      });
    },
  };
  const watched = new Proxy(client, {
    get: (target, name) => Reflect.get(Object.hasOwn(recorded, name) ? recorded : target, name),
  });
  records.set(watched, record);
  return watched;
}

/** What the client has sent and delivered, and what is stored. Null if it is not watched. */
export async function readConversations(client: WatchableClient): Promise<Conversation[] | null> {
  const record = records.get(client);
  if (!record) return null;
  const conversations: Conversation[] = [];
  for (const [sessionId, { sent, deliveries }] of record) {
    const stored = await readHistory(client, sessionId);
    conversations.push({ sent, stored, shown: stored });
    for (const { after, messages, isClosed } of deliveries) {
      const first = after ?? (messages[0]?.seq ?? Number.POSITIVE_INFINITY) - 1;
      const last = isClosed ? (messages.at(-1)?.seq ?? first) : Number.POSITIVE_INFINITY;
      const due = stored.filter(({ seq }) => seq > first && seq <= last);
      conversations.push({ sent: null, stored: due, shown: messages });
    }
  }
  return conversations;
}

function recordOf(record: ClientRecord, sessionId: string): SessionRecord {
  const id = sessionId.toLowerCase();
  const existing = record.get(id);
  if (existing) return existing;
  const created: SessionRecord = { sent: [], deliveries: [] };
  record.set(id, created);
  return created;
}

async function readHistory(client: WatchableClient, sessionId: string): Promise<Message[]> {
  const messages: Message[] = [];
  for (;;) {
    const after = messages.at(-1)?.seq ?? 0;
    const page = await client.history(sessionId, { after, limit: PAGE_LENGTH });
    messages.push(...page.messages);
    if (!page.hasMore) return messages;
  }
}
