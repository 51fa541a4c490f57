import type { Message } from '../src/domain/message';

/** The result of a run that breaks the server or the network. Every count but `acknowledged` must be 0. */
export interface Verdict {
  acknowledged: number;
  /** Acknowledged messages that the history does not have as they were acknowledged. */
  lost: number;
  /** Messages that the history has more than once. */
  doubled: number;
  /** Messages whose `seq` does not follow the one before. */
  gaps: number;
  /** User messages that do not have exactly one reply. */
  unanswered: number;
  /** Messages that a device saw live in another way than the history has them. */
  misseen: number;
}

export const EMPTY_VERDICT: Verdict = {
  acknowledged: 0,
  lost: 0,
  doubled: 0,
  gaps: 0,
  unanswered: 0,
  misseen: 0,
};

/** Compares the history of one session with the acknowledged messages and with what a device saw. */
export function judge(
  history: readonly Message[],
  acknowledged: readonly Message[],
  seen: ReadonlyMap<number, string>,
): Verdict {
  const bySeq = new Map(history.map((message) => [message.seq, message]));
  const clientIds = history.flatMap(({ clientMessageId }) => clientMessageId ?? []);
  const replies = new Map<string, number>();
  for (const { replyTo } of history) if (replyTo) replies.set(replyTo, (replies.get(replyTo) ?? 0) + 1);
  return {
    acknowledged: acknowledged.length,
    lost: acknowledged.filter((message) => !isSame(bySeq.get(message.seq), message)).length,
    doubled: clientIds.length - new Set(clientIds).size + (history.length - bySeq.size),
    gaps: history.filter(({ seq }, index) => seq !== index + 1).length,
    unanswered: history.filter(({ sender, messageId }) => sender === 'user' && replies.get(messageId) !== 1)
      .length,
    misseen: history.filter(({ seq, messageId }) => seen.get(seq) !== messageId).length,
  };
}

/** Adds up the counts of two verdicts. */
export function addVerdicts(one: Verdict, other: Verdict): Verdict {
  return {
    acknowledged: one.acknowledged + other.acknowledged,
    lost: one.lost + other.lost,
    doubled: one.doubled + other.doubled,
    gaps: one.gaps + other.gaps,
    unanswered: one.unanswered + other.unanswered,
    misseen: one.misseen + other.misseen,
  };
}

/** True if the run acknowledged messages and broke no guarantee. */
export function isClean({ acknowledged, lost, doubled, gaps, unanswered, misseen }: Verdict): boolean {
  return acknowledged > 0 && lost + doubled + gaps + unanswered + misseen === 0;
}

function isSame(stored: Message | undefined, acknowledged: Message): boolean {
  return (
    stored?.messageId === acknowledged.messageId &&
    stored.content === acknowledged.content &&
    stored.clientMessageId === acknowledged.clientMessageId
  );
}
