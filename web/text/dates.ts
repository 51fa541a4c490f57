const timeOfDay = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const dayAndMonth = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long' });
const withYear = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });
const complete = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'short' });

/** Identifies the calendar day of a time in the reader's time zone. */
export function dayOf(time: string | Date): string {
  const date = new Date(time);
  return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;
}

/** The hour and the minute, such as "09:05". */
export function clockTime(time: string): string {
  return timeOfDay.format(new Date(time));
}

/** The full date and time. */
export function fullTime(time: string): string {
  return complete.format(new Date(time));
}

/** The day for a heading: "Today", "Yesterday", or the date. */
export function dayName(time: string, now = new Date()): string {
  const near = nearDay(time, now);
  if (near) return near;
  const date = new Date(time);
  return (date.getFullYear() === now.getFullYear() ? weekday : withYear).format(date);
}

/** The day within a sentence. */
export function dayInText(time: string, now = new Date()): string {
  return nearDay(time, now)?.toLowerCase() ?? dayName(time, now);
}

/** For lists: the time if it is today, otherwise the day. */
export function shortTime(time: string, now = new Date()): string {
  const near = nearDay(time, now);
  if (near === 'Today') return clockTime(time);
  return near ?? dayAndMonth.format(new Date(time));
}

function nearDay(time: string, now: Date): 'Today' | 'Yesterday' | null {
  const day = dayOf(time);
  if (day === dayOf(now)) return 'Today';
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  return day === dayOf(yesterday) ? 'Yesterday' : null;
}
