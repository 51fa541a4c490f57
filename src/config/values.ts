import { isIP } from 'node:net';
import ms from 'ms';
import { accentProblem } from '../utils/accentColors';

/** An invalid value of a variable. The message continues the variable's name: `is "abc"; it must be …`. */
export class InvalidValue extends Error {}

/** Shows a value in a message: on one line, shortened, and without what precedes an `@`, which may be a password. */
export function quote(text: string): string {
  const masked = text.replace(/.*@/s, '***@');
  return JSON.stringify(masked.length > 80 ? `${masked.slice(0, 80)}…` : masked);
}

/** Splits a comma-separated list and drops its empty parts. */
export function splitList(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Parses a whole number from `min` to `max`. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidValue(`is ${quote(text)}; it must be a whole number from ${min} to ${max}.`);
  };
}

/** Parses a TCP port; 0 is any free port. */
export const port = integer(0, 65_535);

/** Parses a port, or `off` to null. */
export function metricsPort(text: string): number | null {
  if (text === 'off') return null;
  if (/^\d+$/.test(text)) return port(text);
  throw new InvalidValue(`is ${quote(text)}; it must be a port from 0 to 65535, or "off".`);
}

/** Parses one of several words. */
export function oneOf<Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((each) => each === text);
    if (word !== undefined) return word;
    throw new InvalidValue(`is ${quote(text)}; it must be one of ${words.join(', ')}.`);
  };
}

/** Parses `on` or `off`. */
export function onOff(text: string): boolean {
  return oneOf(['on', 'off'])(text) === 'on';
}

const DURATION =
  /^\d+(\.\d+)? ?(ms|msecs?|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?|y|yrs?|years?)$/i;
/** Every expiry time must stay a valid date. */
const MAX_DURATION_MS = ms('10y');

/** Parses a duration to milliseconds. */
export function duration(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) {
    throw new InvalidValue(
      `is ${quote(text)}, which has no unit; write "${text}s" for seconds, or "1h", "30d".`,
    );
  }
  const value = isDuration(text) ? ms(text) : Number.NaN;
  if (value >= 1 && value <= MAX_DURATION_MS) return Math.round(value);
  throw new InvalidValue(
    `is ${quote(text)}; it must be a time above 0 and up to 10y, such as "15m", "1h" or "30d".`,
  );
}

function isDuration(text: string): text is ms.StringValue {
  return DURATION.test(text) && text.length <= 100;
}

/** Parses an IP address or a host name, without scheme or port. */
export function host(text: string): string {
  if (isIP(text) !== 0 || /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i.test(text)) return text;
  throw new InvalidValue(
    `is ${quote(text)}; it must be an address or a host name alone, such as "127.0.0.1" or "::".`,
  );
}

const MAX_TITLE_LENGTH = 60;

/** Parses a name for people, on one line. */
export function title(text: string): string {
  if ([...text].length <= MAX_TITLE_LENGTH && !/\p{Cc}/u.test(text)) return text;
  throw new InvalidValue(
    `is ${quote(text)}; it must have at most ${MAX_TITLE_LENGTH} characters, on one line.`,
  );
}

/** Parses a color to `#rrggbb` in lower case; an empty text to null. The `#` is optional, as it starts a comment in `.env`. */
export function accentColor(text: string): string | null {
  if (text === '') return null;
  const [, digits] = /^#?([\da-f]{3}|[\da-f]{6})$/i.exec(text) ?? [];
  if (digits === undefined)
    throw new InvalidValue(
      `is ${quote(text)}; it must be a color such as 14604f: three or six hexadecimal digits.`,
    );
  const color = `#${digits.length === 3 ? digits.replace(/./g, '$&$&') : digits}`.toLowerCase();
  const problem = accentProblem(color);
  if (problem !== null) throw new InvalidValue(problem);
  return color;
}
