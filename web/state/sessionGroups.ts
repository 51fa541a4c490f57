import type { Session } from '../../src/domain/session';

export interface SessionGroup {
  title: string;
  sessions: readonly Session[];
}

const month = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric' });

/** The time of the last message, or of the creation. */
export function activityOf({ lastMessageAt, createdAt }: Session): string {
  return lastMessageAt ?? createdAt;
}

/** Divides sessions, given the newest activity first: the pinned ones, then by the day and the month of their activity. */
export function groupSessions(sessions: readonly Session[], now = new Date()): SessionGroup[] {
  const groups = new Map<string, Session[]>([['Pinned', []]]);
  for (const session of sessions) {
    const title = session.pinned ? 'Pinned' : periodOf(activityOf(session), now);
    groups.set(title, [...(groups.get(title) ?? []), session]);
  }
  return [...groups]
    .filter(([, members]) => members.length > 0)
    .map(([title, members]) => ({ title, sessions: members }));
}

/** The period of a time in the reader's time zone. A time in the future, by a device's clock that is slow, is today. */
function periodOf(time: string, now: Date): string {
  const startOfDay = (daysAgo: number) =>
    new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysAgo).getTime();
  const date = new Date(time);
  if (date.getTime() >= startOfDay(0)) return 'Today';
  if (date.getTime() >= startOfDay(1)) return 'Yesterday';
  return date.getTime() >= startOfDay(7) ? 'Previous 7 days' : month.format(date);
}
