import type { OutgoingMessage } from '../../client/src';
import type { Message, Sender } from '../../src/domain/message';
import { dayOf } from '../text/dates';

/** A message that the server refused, and why. */
export interface RefusedMessage {
  clientMessageId: string;
  content: string;
  createdAt: string;
  reason: string;
}

/** What has become of a message of the user. */
export type Delivery = 'refused' | 'unsent' | 'sent' | 'answered';

export type TimelineEntry =
  | { kind: 'day'; key: string; time: string }
  | {
      kind: 'message';
      key: string;
      sender: Sender;
      content: string;
      time: string;
      /** Null for a message of the server. */
      delivery: Delivery | null;
      refusal: RefusedMessage | null;
    };

export interface TimelineInput {
  messages: readonly Message[];
  pending: readonly OutgoingMessage[];
  refused: readonly RefusedMessage[];
}

type MessageEntry = Extract<TimelineEntry, { kind: 'message' }>;

/** The messages with one added, in the order of `seq`; one that is there already changes nothing. */
export function withMessage(messages: readonly Message[], added: Message): readonly Message[] {
  const place = messages.findLastIndex(({ seq }) => seq <= added.seq);
  if (messages[place]?.seq === added.seq) return messages;
  return [...messages.slice(0, place + 1), added, ...messages.slice(place + 1)];
}

/** What a conversation shows from top to bottom: stored messages under the lines of their days, then what is not stored. */
export function timelineOf({ messages, pending, refused }: TimelineInput): TimelineEntry[] {
  const answered = new Set(messages.map(({ replyTo }) => replyTo));
  const stored = new Set(messages.map(({ clientMessageId }) => clientMessageId));
  const entries = [
    ...messages.map((message) => storedEntry(message, answered)),
    ...refused.map((message) => ownEntry(message, 'refused', message)),
    ...pending
      .filter(({ clientMessageId }) => !stored.has(clientMessageId))
      .map((message) => ownEntry(message, 'unsent', null)),
  ];
  return entries.flatMap((entry, index) => {
    const before = entries[index - 1];
    if (before && dayOf(before.time) === dayOf(entry.time)) return [entry];
    return [{ kind: 'day', key: `day of ${entry.key}`, time: entry.time }, entry];
  });
}

function storedEntry(message: Message, answered: ReadonlySet<string | undefined>): MessageEntry {
  const { messageId, clientMessageId, sender, content, timestamp } = message;
  const delivery = answered.has(messageId) ? 'answered' : 'sent';
  return {
    kind: 'message',
    // The same before and after a message is stored, so that it stays in its place on the page.
    key: clientMessageId ?? messageId,
    sender,
    content,
    time: timestamp,
    delivery: sender === 'user' ? delivery : null,
    refusal: null,
  };
}

function ownEntry(
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
    refusal,
  };
}
