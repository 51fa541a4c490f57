import type { OutgoingMessage } from '../../client/src';
import { branchOf, variantOf, versionsOf } from '../../src/domain/branch';
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
  /** The message that it is an edited version of. */
  replaces?: string;
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
  /** Of a message of the user; of a reply, the one that it belongs to. The `clientMessageId` of a message that is not stored. */
  messageId: string;
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
  /** Which one of the versions of a message, or of the replies to it, this is, from 1. */
  position: number;
  count: number;
  /** How the user may ask for another reply. */
  offer: 'regenerate' | 'tryAgain' | null;
  /** Why another reply could not be made: the message keeps the replies that it has. */
  failedAgain: ReplyErrorCode | null;
}

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
  /** Whether the messages end before the latest one. Then what comes after that is left out. */
  hasNewer: boolean;
  /** Replies that are being made, and regenerated ones that have failed: at most one for each message. */
  drafts: readonly Draft[];
  /** The message that ends the shown branch; null for the newest branch. */
  tip: string | null;
  /** The ids of the replies to show, by the id of their message. The newest one is shown of the others. */
  shownReplies: ReadonlyMap<string, string>;
}

/** A message of the user with the replies to it, or a refused message. */
interface Slot {
  /** The `seq` of the first version of the message, so that all versions are in one group. */
  seq: number;
  key: string;
  message: Message;
  replies: readonly Message[];
  /** The ids of all versions of the message, oldest first. */
  versions: readonly string[];
  delivery: Delivery;
  refusal: RefusedMessage | null;
  /** The last one of the branch. */
  isLast: boolean;
  /** The last stored one has no reply: the responder takes a while, or the server restarts. */
  isAwaited: boolean;
}

/** The slots of a group, and the day of the slot before them. */
interface SlotGroup {
  slots: Slot[];
  dayBefore: string;
}

/** The number of messages in a group. */
const GROUP_SIZE = 20;

/** Adds a message in `seq` order. Returns the same array if it is already there. */
export function withMessage(messages: readonly Message[], added: Message): readonly Message[] {
  const index = messages.findLastIndex(({ seq }) => seq <= added.seq);
  if (messages[index]?.seq === added.seq) return messages;
  return [...messages.slice(0, index + 1), added, ...messages.slice(index + 1)];
}

/** The messages with the unsent ones as they will probably be stored. Until then, their `messageId` is their `clientMessageId`. */
export function withPending(
  messages: readonly Message[],
  pending: readonly OutgoingMessage[],
): readonly Message[] {
  if (pending.length === 0) return messages;
  const stored = new Set(messages.map(({ clientMessageId }) => clientMessageId));
  const last = messages.at(-1);
  // The reply to the last message comes first.
  const next = (last?.seq ?? 0) + (last?.sender === 'user' ? 2 : 1);
  const unsent = pending.filter(({ clientMessageId }) => !stored.has(clientMessageId));
  return [...messages, ...unsent.map((message, index) => asMessage(message, next + index))];
}

/** Finds the message that ends a branch, also when it has been stored meanwhile. Returns null for the newest branch. */
export function tipAmong(log: readonly Message[], tip: string | null): string | null {
  if (tip === null) return null;
  const isTip = ({ messageId, clientMessageId }: Message) => messageId === tip || clientMessageId === tip;
  return log.findLast(isTip)?.messageId ?? null;
}

/**
 * The entries of a conversation from top to bottom: the messages of a branch, each followed by one of its replies, or by the reply that
 * is being made; refused messages; and a heading per day. What has not changed since the last call is the same object, so that it isn't
 * rendered again.
 */
export class Timeline {
  private readonly entries = new WeakMap<Message, MessageEntry>();
  private readonly days = new Map<string, DayEntry>();
  private input: TimelineInput | null = null;
  private slotGroups = new Map<number, SlotGroup>();
  /** The key of the group of each message on the branch. */
  private groupKeys = new Map<string, number>();
  private groups = new Map<number, TimelineGroup>();

  update(input: TimelineInput): readonly TimelineGroup[] {
    const before = this.input;
    this.input = input;
    if (before !== null && isSameLog(before, input)) {
      // A reply grows many times a second. The other groups stay as they are.
      const changed = [...before.drafts, ...input.drafts].flatMap(
        ({ replyTo }) => this.groupKeys.get(replyTo) ?? [],
      );
      for (const key of new Set(changed)) this.groups.set(key, this.group(key, input));
    } else {
      this.arrange(input);
      this.groups = new Map([...this.slotGroups.keys()].map((key) => [key, this.group(key, input)]));
    }
    return [...this.groups.values()];
  }

  private arrange(input: TimelineInput): void {
    this.slotGroups = new Map();
    this.groupKeys = new Map();
    let dayBefore = '';
    for (const slot of slotsOf(input)) {
      const key = Math.floor(slot.seq / GROUP_SIZE);
      const group = this.slotGroups.get(key) ?? { slots: [], dayBefore };
      this.slotGroups.set(key, group);
      this.groupKeys.set(slot.message.messageId, key);
      group.slots.push(slot);
      dayBefore = this.messageEntry(slot).day;
    }
  }

  /** The same object as before if its entries are. */
  private group(key: number, input: TimelineInput): TimelineGroup {
    const { slots, dayBefore } = this.slotGroups.get(key) ?? { slots: [], dayBefore: '' };
    const drafts = new Map(input.drafts.map((draft) => [draft.replyTo, draft]));
    const entries: TimelineEntry[] = [];
    let day = dayBefore;
    for (const slot of slots) {
      const entry = this.messageEntry(slot);
      if (entry.day !== day) entries.push(this.dayEntry(entry.key, slot.message.timestamp));
      day = entry.day;
      entries.push(entry, ...this.replyEntry(slot, drafts, input.shownReplies));
    }
    const before = this.groups.get(key);
    return before && isSame(before.entries, entries) ? before : { key, entries };
  }

  private messageEntry({ message, key, versions, delivery, refusal }: Slot): MessageEntry {
    const position = versions.indexOf(message.messageId) + 1;
    return this.entry(message, { key, delivery, refusal, position, count: versions.length });
  }

  /** Empty if there is no reply, and none is awaited. */
  private replyEntry(
    { message: { messageId }, replies, isLast, isAwaited }: Slot,
    drafts: ReadonlyMap<string, Draft>,
    shownReplies: ReadonlyMap<string, string>,
  ): MessageEntry[] {
    const key = `reply to ${messageId}`;
    const newest = replies.at(-1);
    const chosen = replies.find((reply) => reply.messageId === shownReplies.get(messageId));
    const draft = draftAfter(newest, drafts.get(messageId));
    const progress = progressOf(draft);
    const count = replies.length + (progress ? 1 : 0);
    if (draft && progress && !chosen) {
      return [{ ...REPLY, key, messageId, content: draft.text, progress, position: count, count }];
    }
    const shown = chosen ?? newest;
    if (!shown) return isAwaited ? [{ ...REPLY, key, messageId, progress: 'asking' }] : [];
    const failedAgain = (shown === newest && draft?.error?.code) || null;
    const offer = progress ? null : offerFor(shown, failedAgain, isLast);
    const position = replies.indexOf(shown) + 1;
    return [this.entry(shown, { key, messageId, position, count, offer, failedAgain })];
  }

  /** The entry of a message with these fields: the same object as before if they are the same. */
  private entry(message: Message, fields: Partial<MessageEntry>): MessageEntry {
    const before = this.entries.get(message);
    const stored = before ?? toEntry(message);
    const entry = { ...stored, ...fields };
    if (before && isSame(Object.values(before), Object.values(entry))) return before;
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

function isSameLog(before: TimelineInput, { drafts: _, ...log }: TimelineInput): boolean {
  const known: Partial<TimelineInput> = before;
  return Object.entries(log).every(([name, value]) => known[name as keyof TimelineInput] === value);
}

function isSame(before: readonly unknown[], now: readonly unknown[]): boolean {
  return before.length === now.length && before.every((value, index) => value === now[index]);
}

/** The messages of the branch, with the refused messages before those that are not stored. */
function slotsOf({ messages, pending, refused, tip, hasNewer }: TimelineInput): Slot[] {
  const log = hasNewer ? messages : withPending(messages, pending);
  const versions = versionsOf(log);
  const byId = new Map(log.map((message) => [message.messageId, message]));
  const branch = branchOf(log, tipAmong(log, tip) ?? undefined);
  const lastSeq = messages.at(-1)?.seq ?? 0;
  const lastStored = branch.findLast(({ message }) => message.seq <= lastSeq);
  const slots = branch.map((exchange): Slot => {
    const { message, replies } = exchange;
    const ids = versions.get(message.messageId) ?? [message.messageId];
    const first = byId.get(ids[0] ?? '') ?? message;
    return {
      ...exchange,
      seq: first.seq,
      key: first.clientMessageId ?? first.messageId,
      versions: ids,
      delivery: message.seq > lastSeq ? 'unsent' : replies.length > 0 ? 'answered' : 'sent',
      refusal: null,
      isLast: !hasNewer && exchange === branch.at(-1),
      isAwaited: !hasNewer && exchange === lastStored && replies.length === 0,
    };
  });
  const unsent = slots.filter(({ seq }) => seq > lastSeq);
  const others = slots.slice(0, slots.length - unsent.length);
  const refusedSlots = hasNewer ? [] : refused.map((refusal) => refusedSlot(refusal, lastSeq + 1));
  return [...others, ...refusedSlots, ...unsent];
}

function refusedSlot(refusal: RefusedMessage, seq: number): Slot {
  const message = asMessage(refusal, seq);
  const { messageId } = message;
  return {
    message,
    replies: [],
    seq,
    key: messageId,
    versions: [messageId],
    delivery: 'refused',
    refusal,
    isLast: false,
    isAwaited: false,
  };
}

function asMessage(
  { clientMessageId, content, replaces, createdAt }: Omit<OutgoingMessage, 'sessionId'>,
  seq: number,
): Message {
  return {
    messageId: clientMessageId,
    sessionId: '',
    seq,
    sender: 'user',
    content,
    timestamp: createdAt,
    clientMessageId,
    ...(replaces !== undefined && { replaces }),
  };
}

/** A draft of a reply that is stored is outdated. */
function draftAfter(newest: Message | undefined, draft: Draft | undefined): Draft | undefined {
  return draft && newest && draft.variant <= variantOf(newest) ? undefined : draft;
}

function progressOf(draft: Draft | undefined): Progress | null {
  return draft && draft.state !== 'failed' ? draft.state : null;
}

/** A message that is too long will fail again. */
function offerFor(
  { finish, error }: Message,
  failedAgain: ReplyErrorCode | null,
  isLast: boolean,
): MessageEntry['offer'] {
  if ((failedAgain ?? error?.code) === 'CONTEXT_TOO_LONG') return null;
  if (finish === 'failed' || finish === 'stopped' || failedAgain) return 'tryAgain';
  return isLast ? 'regenerate' : null;
}

const REPLY = {
  kind: 'message',
  sender: 'server',
  content: '',
  time: null,
  day: '',
  delivery: null,
  finish: null,
  error: null,
  refusal: null,
  position: 1,
  count: 1,
  offer: null,
  failedAgain: null,
} as const;

function toEntry(message: Message): MessageEntry {
  const { messageId, sender, content, timestamp, finish, error } = message;
  return {
    ...REPLY,
    key: messageId,
    messageId,
    sender,
    content,
    time: timestamp,
    day: dayOf(timestamp),
    finish: finish ?? null,
    error: error?.code ?? null,
    progress: null,
  };
}

/** The place of the first entry at or after a time, which is the heading if a day begins there. */
export function placeOf(groups: readonly TimelineGroup[], time: string): EntryPlace | null {
  // A reply that was made again stands before messages that are older than it.
  const isInOrder = (entry: TimelineEntry) => entry.kind === 'day' || entry.sender === 'user';
  return (
    firstPlace(groups, (each) => isInOrder(each) && each.time !== null && each.time >= time) ??
    firstPlace(groups, (each) => each.time !== null && each.time >= time)
  );
}

function firstPlace(
  groups: readonly TimelineGroup[],
  matches: (entry: TimelineEntry) => boolean,
): EntryPlace | null {
  for (const [group, { entries }] of groups.entries()) {
    const entry = entries.findIndex(matches);
    if (entry >= 0) return { group, entry };
  }
  return null;
}
