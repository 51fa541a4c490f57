import { isIP } from 'node:net';
import ms from 'ms';
import { Mistake, quote } from './mistake';

const UNITS =
  /^\d+(\.\d+)? ?(ms|msecs?|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?|y|yrs?|years?)$/i;
/** Far enough for any login, near enough that every end is still a valid date. */
const LONGEST_MS = ms('10y');

/** Parses a whole number from `least` to `most`. */
export function integer(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new Mistake(`is ${quote(text)}; it must be a whole number from ${least} to ${most}.`);
  };
}

/** Parses a TCP port; 0 stands for any free one. */
export const port = integer(0, 65_535);

/** Parses a port, or `off` to null. */
export function metricsPort(text: string): number | null {
  if (text === 'off') return null;
  if (/^\d+$/.test(text)) return port(text);
  throw new Mistake(`is ${quote(text)}; it must be a port from 0 to 65535, or "off".`);
}

/** Parses one of a few words. */
export function oneOf<Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((each) => each === text);
    if (word !== undefined) return word;
    throw new Mistake(`is ${quote(text)}; it must be one of ${words.join(', ')}.`);
  };
}

/** Parses `on` or `off`. */
export function onOff(text: string): boolean {
  return oneOf(['on', 'off'])(text) === 'on';
}

/** Parses what a server can listen on: an IP address or a host name, without scheme or port. */
export function host(text: string): string {
  if (isIP(text) !== 0 || /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i.test(text)) return text;
  throw new Mistake(
    `is ${quote(text)}; it must be an address or a host name alone, such as "127.0.0.1" or "::".`,
  );
}

/** Parses a length of time to milliseconds. */
export function duration(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) {
    throw new Mistake(`is ${quote(text)}, which has no unit; write "${text}s" for seconds, or "1h", "30d".`);
  }
  const value = isDuration(text) ? ms(text) : Number.NaN;
  if (value >= 1 && value <= LONGEST_MS) return Math.round(value);
  throw new Mistake(
    `is ${quote(text)}; it must be a time above 0 and up to 10y, such as "15m", "1h" or "30d".`,
  );
}

function isDuration(text: string): text is ms.StringValue {
  return UNITS.test(text) && text.length <= 100;
}
