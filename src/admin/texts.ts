import { grouped } from './progress';
import type { Holdings } from './transfer/tally';

/** What a database holds, in two lines. */
export function describeHoldings({
  users,
  logins,
  sessions,
  messages,
  unanswered,
  checksum,
}: Holdings): string {
  const counts = [
    counted(users, 'user'),
    counted(logins, 'login'),
    counted(sessions, 'session'),
    `${counted(messages, 'message')} (${grouped(unanswered)} unanswered)`,
  ];
  return `${counts.join(', ')}\nchecksum ${checksum}`;
}

function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}
