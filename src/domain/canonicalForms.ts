import { MAX_EMAIL_LENGTH, PASSWORD_LENGTH } from './limits';

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
