import type { Message } from '../../src/domain/message';

/** What became of a message that should be stored and shown once, in its place. */
export type ProblemKind = 'lost' | 'doubled' | 'reordered' | 'unanswered';

export interface DeliveryProblem {
  kind: ProblemKind;
  /** Which message, and what in the app to look at. */
  message: string;
}

/** A message by its text, or as the server sent it. */
export type MessageLike = string | { readonly content: string; readonly messageId?: string };

/** What was sent, what is stored, and what is shown, each in its order. */
export interface Conversation {
  /** Null to compare only what is stored and shown. */
  sent: readonly MessageLike[] | null;
  stored: readonly Message[];
  shown: readonly MessageLike[];
}

/** Thrown by `expectNothingLost`. */
export class DeliveryError extends Error {
  constructor(
    readonly problems: readonly DeliveryProblem[],
    conversation: string,
  ) {
    const list = problems.slice(0, MAX_LISTED).map(({ kind, message }) => `- ${kind}: ${message}`);
    const rest = problems.length > MAX_LISTED ? [`- and ${problems.length - MAX_LISTED} more`] : [];
    super(['The app does not show what the server has stored:', ...list, ...rest, conversation].join('\n'));
    this.name = 'DeliveryError';
  }
}

const MAX_LISTED = 5;
const MAX_QUOTED = 60;
const MAX_LAST = 12;

const HINTS = {
  notStored:
    'Keep a message until it is acknowledged, and send it again after each connect, with the same clientMessageId.',
  storedAgain: 'Give each message a clientMessageId, and repeat it with the same one.',
  storedLater: 'Send a message after the one before it is acknowledged.',
  unanswered:
    'The server answers every message: the reply may be held, or the `reply` function of the test may hang.',
  notShown:
    'After each connect, emit join-session with `after`: the last seq up to which nothing is missing.',
  shownAgain:
    'A message can come live, in the answer to join-session, and in the acknowledgement: keep messages by seq.',
  shownOnly: 'Show a message as sent only after it is acknowledged.',
  shownLater: 'Show messages in the order of seq, not in the order in which they arrive.',
};

/** Finds everything that is lost, doubled, reordered or unanswered. */
export function findProblems({ sent, stored, shown }: Conversation): DeliveryProblem[] {
  const unshown = findUnshown(stored, shown);
  if (!sent) return unshown;
  const own = stored.filter(({ sender }) => sender === 'user');
  return [...findUnstored(sent, own), ...findUnanswered(stored, own), ...unshown];
}

function findUnstored(sent: readonly MessageLike[], own: readonly Message[]): DeliveryProblem[] {
  const keyOf = keysFor(sent);
  const counts = countBoth(own.map(keyOf), sent.map(keyOf));
  const problems: DeliveryProblem[] = [];
  for (const [key, { first, second }] of counts) {
    // Other messages of the session, such as seeded ones, are not the app's.
    if (second === 0) continue;
    const copies = own.filter((message) => keyOf(message) === key);
    const text = quote(sent.find((message) => keyOf(message) === key));
    if (first < second)
      problems.push(
        problem('lost', `${text} was sent ${times(second)} and is stored ${times(first)}.`, 'notStored'),
      );
    if (first > second)
      problems.push(
        problem(
          'doubled',
          `${text} was sent ${times(second)} and is stored ${times(first)}, ${places(copies)}.`,
          'storedAgain',
        ),
      );
  }
  if (problems.length > 0) return problems;
  const stored = own.filter((message) => (counts.get(keyOf(message))?.second ?? 0) > 0);
  const index = sent.findIndex((message, place) => keyOf(message) !== keyOf(stored[place] ?? ''));
  if (index < 0) return [];
  const found = stored[index];
  return [
    problem(
      'reordered',
      `${quote(sent[index])} was sent before ${quote(found)}, and is stored after it.`,
      'storedLater',
    ),
  ];
}

function findUnanswered(stored: readonly Message[], own: readonly Message[]): DeliveryProblem[] {
  const answered = new Set(stored.map(({ replyTo }) => replyTo));
  const unanswered = own.filter(({ messageId }) => !answered.has(messageId));
  return unanswered.map((message) =>
    problem('unanswered', `${quote(message)} (seq ${message.seq}) has no reply.`, 'unanswered'),
  );
}

function findUnshown(stored: readonly Message[], shown: readonly MessageLike[]): DeliveryProblem[] {
  const keyOf = keysFor(shown);
  const problems: DeliveryProblem[] = [];
  for (const [key, { first, second }] of countBoth(stored.map(keyOf), shown.map(keyOf))) {
    const copies = stored.filter((message) => keyOf(message) === key);
    const text = quote(copies[0] ?? shown.find((message) => keyOf(message) === key));
    const where = `stored ${places(copies)}`;
    if (first === 0) problems.push(problem('lost', `${text} is shown, but not stored.`, 'shownOnly'));
    else if (first > second)
      problems.push(problem('lost', `${text} is ${where}, and shown ${times(second)}.`, 'notShown'));
    else if (first < second)
      problems.push(problem('doubled', `${text} is ${where}, and shown ${times(second)}.`, 'shownAgain'));
  }
  if (problems.length > 0) return problems;
  const isIn = (order: readonly Message[]) =>
    order.every((message, place) => keyOf(message) === keyOf(shown[place] ?? ''));
  if (isIn(stored) || isIn(withRepliesGrouped(stored))) return [];
  const index = stored.findIndex((message, place) => keyOf(message) !== keyOf(shown[place] ?? ''));
  const due = stored[index];
  const text = `${quote(shown[index])} is shown in place of ${quote(due)} (seq ${due?.seq}).`;
  return [problem('reordered', text, 'shownLater')];
}

/** The other order in which apps may show a conversation: each reply below the message that it answers. */
function withRepliesGrouped(stored: readonly Message[]): Message[] {
  const questions = stored.filter(({ sender }) => sender === 'user');
  return questions.flatMap((question) => [
    question,
    ...stored.filter(({ replyTo }) => replyTo === question.messageId),
  ]);
}

/** The ends of both lists, for the error. */
export function describeConversation({ stored, shown }: Conversation): string {
  const storedTexts = stored.map((message) => `${message.seq} ${message.sender} ${quote(message)}`);
  return `Stored: ${lastOf(storedTexts)}\nShown: ${lastOf(shown.map(quote))}`;
}

function lastOf(texts: readonly string[]): string {
  if (texts.length === 0) return 'nothing';
  const skipped = texts.length - MAX_LAST;
  return (skipped > 0 ? [`(${skipped} earlier)`] : []).concat(texts.slice(-MAX_LAST)).join(', ');
}

/** Messages are compared by their id where all of a list have one, else by their text. */
function keysFor(list: readonly MessageLike[]): (message: MessageLike) => string {
  const haveIds = list.every((message) => typeof message === 'object' && message.messageId !== undefined);
  return (message) => {
    if (typeof message === 'string') return message;
    return haveIds && message.messageId !== undefined ? message.messageId : message.content;
  };
}

function countBoth(
  one: readonly string[],
  other: readonly string[],
): Map<string, { first: number; second: number }> {
  const counts = new Map([...one, ...other].map((key) => [key, { first: 0, second: 0 }]));
  const get = (key: string) => counts.get(key) ?? { first: 0, second: 0 };
  for (const key of one) get(key).first += 1;
  for (const key of other) get(key).second += 1;
  return counts;
}

function problem(kind: ProblemKind, text: string, hint: keyof typeof HINTS): DeliveryProblem {
  return { kind, message: `${text} ${HINTS[hint]}` };
}

function quote(message: MessageLike | undefined): string {
  const content = typeof message === 'object' ? message.content : (message ?? '');
  return JSON.stringify(content.length > MAX_QUOTED ? `${content.slice(0, MAX_QUOTED)}…` : content);
}

function times(count: number): string {
  return ['not at all', 'once', 'twice'][count] ?? `${count} times`;
}

function places(messages: readonly Message[]): string {
  return `as seq ${messages.map(({ seq }) => seq).join(' and ')}`;
}
