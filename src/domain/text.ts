import { MAX_CONTENT_BYTES, MAX_EMAIL_LENGTH, PASSWORD_LENGTH } from './limits';

/** U+2800, the Braille cell without dots, is a symbol to Unicode, but shows as little as a space. */
const SHOWN = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\u2800]/u;

/** True if the text shows nothing: it has only spaces, control characters, format characters and fillers. */
export function isBlank(text: string): boolean {
  return !SHOWN.test(text);
}

/** The number of bytes of a text in UTF-8. `TextEncoder` is missing in some environments of the client. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const codePoint = character.codePointAt(0) ?? 0;
    bytes += codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** The problem of a message's text that is too long, which completes a sentence as in a `Field`, or null. */
export function contentSizeProblem(text: string): string | null {
  // A code unit takes at most three bytes, so only the bytes of a long text have to be counted.
  const isTooLong = text.length * 3 > MAX_CONTENT_BYTES && utf8Length(text) > MAX_CONTENT_BYTES;
  return isTooLong ? `must have at most ${MAX_CONTENT_BYTES} bytes of UTF-8` : null;
}

/** Format characters, such as U+200B and U+202E, and fillers. Some others, such as variation selectors, are invisible alone. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}]/u;

/** True if a part of the text is not visible, or changes the order in which the others are shown. */
export function hasInvisible(text: string): boolean {
  return INVISIBLE.test(text);
}

/** Controls would change the text around them where it is shown. Those that are white space separate words. */
const CONTROLS = /(?!\p{White_Space})[\p{Cc}\p{Bidi_Control}]/gu;
const WHITE_SPACE = /\p{White_Space}+/gu;

/** The text as one line, from its first visible character: white space is one space, and controls are left out. */
export function toLine(text: string): string {
  const line = text.replace(CONTROLS, '').replace(WHITE_SPACE, ' ');
  return line.slice(Math.max(0, line.search(SHOWN))).trimEnd();
}

/** Splits a text into what people see as its characters; an emoji of a family is one of them and has seven code points. */
let graphemes: Intl.Segmenter | undefined;

/**
 * The start of a text with at most these numbers of graphemes and code points. It ends between two graphemes, unless already the
 * first one has too many code points.
 */
export function startOf(text: string, limit: { graphemes: number; codePoints: number }): string {
  let start = '';
  let count = 0;
  let codePoints = 0;
  // Made when it is needed, as that takes some of the time of a start.
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  for (const { segment } of graphemes.segment(text)) {
    const added = Array.from(segment);
    codePoints += added.length;
    if (count === limit.graphemes) break;
    if (codePoints > limit.codePoints) return start || added.slice(0, limit.codePoints).join('');
    start += segment;
    count++;
  }
  return start;
}

/**
 * The one form in which a text that identifies something is stored and compared: people and programs write the same id, email or
 * password in several ways. The form of a valid text is its own.
 */

/**
 * How many UTF-16 code units NFC and NFKC can combine into one character: four code points of two units each. A text that is too long
 * to become valid is not normalized, because that can take quadratic time.
 */
const MAX_UNITS_PER_CHARACTER = 8;

/** UUIDs have small letters (RFC 9562). Swift writes capitals. */
export function canonicalId(uuid: string): string {
  return uuid.toLowerCase();
}

/** In NFKC, as NIST SP 800-63B advises: keyboards produce the same text in different code points. */
export function canonicalPassword(password: string): string {
  return password.length > PASSWORD_LENGTH.max * MAX_UNITS_PER_CHARACTER
    ? password
    : password.normalize('NFKC');
}

/**
 * Without spaces around it and in lower case, with the local part in NFC and the domain in ASCII, such as `xn--mnchen-3ya.de`: browsers
 * convert the domain in an input of the type `email`. A text that is not an email may be returned in lower case only.
 */
export function canonicalEmail(text: string): string {
  const email = text.trim();
  const at = email.lastIndexOf('@');
  if (at === -1 || email.length > MAX_EMAIL_LENGTH * MAX_UNITS_PER_CHARACTER) return email.toLowerCase();
  return `${composedLowerCase(email.slice(0, at))}@${asciiDomain(email.slice(at + 1))}`;
}

/** Lower case can have a new composition, and a composition can have a lower case. */
function composedLowerCase(text: string): string {
  return text.normalize('NFC').toLowerCase().normalize('NFC');
}

/** The URL parser would take any other ASCII character as a delimiter or an escape. */
const DOMAIN = /^[A-Za-z0-9._\-\u{80}-\u{10ffff}]+$/u;
const ASCII = /^[\0-\x7f]*$/;

/** `domainToASCII` exists in Node only; the parser of URLs converts a host in the same way everywhere. */
function asciiDomain(domain: string): string {
  if (ASCII.test(domain) || !DOMAIN.test(domain)) return domain.toLowerCase();
  const url = `http://${domain}`;
  return URL.canParse(url) ? new URL(url).hostname : domain.toLowerCase();
}
