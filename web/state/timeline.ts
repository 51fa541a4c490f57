import type { OutgoingMessage } from '../../client/src';
import type {
  Draft,
  DraftState,
  Message,
  ReplyErrorCode,
  ReplyFinish,
  Sender,
} from '../../src/domain/message';
import { dayName, dayOf } from '../text/dates';

/** A message that the server refused, with the reason. */
export interface RefusedMessage {
  clientMessageId: string;
  content: string;
  createdAt: string;
  reason: string;
}

/** The state of a message of the user. */
export type Delivery = 'refused' | 'unsent' | 'sent' | 'answered';

export interface DayEntry {
  kind: 'day';
  key: string;
  time: string;
  name: string;
}

export interface MessageEntry {
  kind: 'message';
  key: string;
  sender: Sender;
  content: string;
  /** Null for a reply that is being made. */
  time: string | null;
  /** Identifies the day of the time. */
  day: string;
  /** Null for a message from the server. */
  delivery: Delivery | null;
  /** Why a reply is not complete. */
  finish: ReplyFinish | null;
  error: ReplyErrorCode | null;
  refusal: RefusedMessage | null;
  /** What is happening to a reply that is being made; otherwise null. */
  progress: Progress | null;
}

/** A regenerated reply that has failed is not shown: the message keeps the replies that it has. */
export type Progress = Exclude<DraftState, 'failed'>;

export type TimelineEntry = DayEntry | MessageEntry;

/** Neighboring entries. Older ones that are loaded later don't change which entries belong together. */
export interface TimelineGroup {
  key: number;
  entries: readonly TimelineEntry[];
}

/** The indexes of an entry. */
export interface EntryPlace {
  group: number;
  entry: number;
}

export interface TimelineInput {
  messages: readonly Message[];
  pending: readonly OutgoingMessage[];
  refused: readonly RefusedMessage[];
  draft: Draft | null;
  /** Whether the messages end before the latest one. Then what comes after that is left out. */
  hasNewer: boolean;
}

/** The number of messages in a group. */
const GROUP_SIZE = 20;

/** Adds a message in `seq` order. Returns the same array if it is already there. */
export function withMessage(messages: readonly Message[], added: Message): readonly Message[] {
  const index = messages.findLastIndex(({ seq }) => seq <= added.seq);
  if (messages[index]?.seq === added.seq) return messages;
  return [...messages.slice(0, index + 1), added, ...messages.slice(index + 1)];
}

/**
 * The entries of a conversation from top to bottom: stored messages, then the reply that is being made, refused and unsent messages, with
 * a heading per day. What has not changed since the last call is the same object, so that it isn't rendered again.
 */
export class Timeline {
  private readonly entries = new WeakMap<Message, MessageEntry>();
  private readonly days = new Map<string, DayEntry>();
  private messages: readonly Message[] = [];
  private stored = new Map<number, TimelineGroup>();
  private groups = new Map<number, TimelineGroup>();

  update({ messages, pending, refused, draft, hasNewer }: TimelineInput): readonly TimelineGroup[] {
    if (messages !== this.messages) {
      const answered = new Set(messages.map(({ replyTo }) => replyTo));
      const entries = messages.map((message) => this.storedEntry(message, answered));
      this.stored = this.grouped(entries, messages[0]?.seq ?? 0, new Map());
      this.messages = messages;
    }
    const added = hasNewer
      ? []
      : [
          ...replyBeingMade(messages, draft),
          ...refused.map((message) => toUnstoredEntry(message, 'refused', message)),
          ...withoutStored(pending, messages).map((message) => toUnstoredEntry(message, 'unsent', null)),
        ];
    // The numbers that they probably get, so that their elements are kept when they are stored.
    this.groups = this.grouped(added, (messages.at(-1)?.seq ?? 0) + 1, this.stored);
    return [...this.groups.values()];
  }

  /** The groups with these entries added, which are numbered from `seq` on. Those with the same entries as before are the same objects. */
  private grouped(
    added: readonly MessageEntry[],
    firstSeq: number,
    to: ReadonlyMap<number, TimelineGroup>,
  ): Map<number, TimelineGroup> {
    const groups = new Map(to);
    const changed = new Map<number, TimelineEntry[]>();
    let day = dayOfLast(to);
    for (const [index, entry] of added.entries()) {
      const key = Math.floor((firstSeq + index) / GROUP_SIZE);
      const entries = changed.get(key) ?? [...(to.get(key)?.entries ?? [])];
      changed.set(key, entries);
      if (entry.time !== null && entry.day !== day) {
        day = entry.day;
        entries.push(this.dayEntry(entry.key, entry.time));
      }
      entries.push(entry);
    }
    for (const [key, entries] of changed) {
      const before = this.groups.get(key);
      groups.set(key, before && isSame(before.entries, entries) ? before : { key, entries });
    }
    return groups;
  }

  private storedEntry(message: Message, answered: ReadonlySet<string | undefined>): MessageEntry {
    const delivery = deliveryOf(message, answered);
    const before = this.entries.get(message);
    if (before?.delivery === delivery) return before;
    const entry = toStoredEntry(message, delivery);
    this.entries.set(message, entry);
    return entry;
  }

  private dayEntry(firstKey: string, time: string): DayEntry {
    const name = dayName(time);
    const before = this.days.get(firstKey);
    if (before?.name === name) return before;
    const entry: DayEntry = { kind: 'day', key: `day of ${firstKey}`, time, name };
    this.days.set(firstKey, entry);
    return entry;
  }
}

function dayOfLast(groups: ReadonlyMap<number, TimelineGroup>): string {
  const last = [...groups.values()].at(-1)?.entries.at(-1);
  return last?.kind === 'message' ? last.day : '';
}

function isSame(before: readonly TimelineEntry[], now: readonly TimelineEntry[]): boolean {
  return before.length === now.length && before.every((entry, index) => entry === now[index]);
}

function withoutStored(pending: readonly OutgoingMessage[], messages: readonly Message[]) {
  if (pending.length === 0) return pending;
  const stored = new Set(messages.map(({ clientMessageId }) => clientMessageId));
  return pending.filter(({ clientMessageId }) => !stored.has(clientMessageId));
}

/** The draft, or a place for it as long as the last message has no reply: the responder takes a while, or the server restarts. */
function replyBeingMade(messages: readonly Message[], draft: Draft | null): MessageEntry[] {
  const last = messages.at(-1);
  if (draft?.state === 'failed' || (!draft && last?.sender !== 'user')) return [];
  const replyTo = draft ? draft.replyTo : (last?.messageId ?? '');
  return [
    {
      ...REPLY,
      key: replyKey(replyTo, draft?.variant),
      content: draft?.text ?? '',
      time: null,
      day: '',
      progress: draft?.state ?? 'asking',
    },
  ];
}

const REPLY = {
  kind: 'message',
  sender: 'server',
  delivery: null,
  finish: null,
  error: null,
  refusal: null,
} as const;

/** The same key while the reply is made and when it is stored, so that its element is kept. */
function replyKey(replyTo: string, variant = 1): string {
  return `reply ${variant} to ${replyTo}`;
}

function deliveryOf({ sender, messageId }: Message, answered: ReadonlySet<string | undefined>) {
  if (sender === 'server') return null;
  return answered.has(messageId) ? 'answered' : 'sent';
}

function toStoredEntry(message: Message, delivery: Delivery | null): MessageEntry {
  const {
    messageId,
    clientMessageId,
    replyTo,
    variant,
    sender,
    content,
    timestamp,
    finish = null,
    error,
  } = message;
  return {
    kind: 'message',
    key: replyTo === undefined ? (clientMessageId ?? messageId) : replyKey(replyTo, variant),
    sender,
    content,
    time: timestamp,
    day: dayOf(timestamp),
    delivery,
    finish,
    error: error?.code ?? null,
    refusal: null,
    progress: null,
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
    day: dayOf(createdAt),
    delivery,
    finish: null,
    error: null,
    refusal,
    progress: null,
  };
}

/** The place of the first entry at or after a time, which is the heading if a day begins there. */
export function placeOf(groups: readonly TimelineGroup[], time: string): EntryPlace | null {
  for (const [group, { entries }] of groups.entries()) {
    const entry = entries.findIndex((each) => each.time !== null && each.time >= time);
    if (entry >= 0) return { group, entry };
  }
  return null;
}
