import type { OutgoingMessage } from '../../client/src';
import type { Message, ReplyFinish, Sender } from '../../src/domain/message';
import { dayOf } from '../text/dates';

/** A message that the server refused, with the reason. */
export interface RefusedMessage {
  clientMessageId: string;
  content: string;
  createdAt: string;
  reason: string;
}

/** The state of a message of the user. */
export type Delivery = 'refused' | 'unsent' | 'sent' | 'answered';

export type TimelineEntry =
  | { kind: 'day'; key: string; time: string }
  | {
      kind: 'message';
      key: string;
      sender: Sender;
      content: string;
      time: string;
      /** Null for a message from the server. */
      delivery: Delivery | null;
      /** Why a reply is not complete. */
      finish: ReplyFinish | null;
      refusal: RefusedMessage | null;
    };

export interface TimelineInput {
  messages: readonly Message[];
  pending: readonly OutgoingMessage[];
  refused: readonly RefusedMessage[];
}

type MessageEntry = Extract<TimelineEntry, { kind: 'message' }>;

/** Adds a message in `seq` order. Returns the same array if it is already there. */
export function withMessage(messages: readonly Message[], added: Message): readonly Message[] {
  const index = messages.findLastIndex(({ seq }) => seq <= added.seq);
  if (messages[index]?.seq === added.seq) return messages;
  return [...messages.slice(0, index + 1), added, ...messages.slice(index + 1)];
}

/** The entries of a conversation from top to bottom: stored messages, then refused and unsent ones, with a heading per day. */
export function createTimeline({ messages, pending, refused }: TimelineInput): TimelineEntry[] {
  const answered = new Set(messages.map(({ replyTo }) => replyTo));
  const stored = new Set(messages.map(({ clientMessageId }) => clientMessageId));
  const entries = [
    ...messages.map((message) => toStoredEntry(message, answered)),
    ...refused.map((message) => toUnstoredEntry(message, 'refused', message)),
    ...pending
      .filter(({ clientMessageId }) => !stored.has(clientMessageId))
      .map((message) => toUnstoredEntry(message, 'unsent', null)),
  ];
  return entries.flatMap((entry, index) => {
    const previous = entries[index - 1];
    if (previous && dayOf(previous.time) === dayOf(entry.time)) return [entry];
    return [{ kind: 'day', key: `day of ${entry.key}`, time: entry.time }, entry];
  });
}

function toStoredEntry(message: Message, answered: ReadonlySet<string | undefined>): MessageEntry {
  const { messageId, clientMessageId, sender, content, timestamp, finish = null } = message;
  const delivery = answered.has(messageId) ? 'answered' : 'sent';
  return {
    kind: 'message',
    // The same key before and after the message is stored, so that its element is kept.
    key: clientMessageId ?? messageId,
    sender,
    content,
    time: timestamp,
    delivery: sender === 'user' ? delivery : null,
    finish,
    refusal: null,
  };
}

function toUnstoredEntry(
  { clientMessageId, content, createdAt }: OutgoingMessage | RefusedMessage,
  delivery: Delivery,
  refusal: RefusedMessage | null,
): MessageEntry {
  return {
    kind: 'message',
    key: clientMessageId,
    sender: 'user',
    content,
    time: createdAt,
    delivery,
    finish: null,
    refusal,
  };
}
