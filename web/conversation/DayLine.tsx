import { dayName } from '../text/dates';

/** Stands above the first message of a day. */
export function DayLine({ time }: { time: string }) {
  return (
    <li class="day-line">
      <time dateTime={time}>{dayName(time)}</time>
    </li>
  );
}
