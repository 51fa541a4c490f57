import { excerpt, Fault } from './fault';

/** What only the inside of a server says: places in its code, its packages, its database, its framework's pages. */
const INSIDE = [
  /\bat (?:async )?(?:\S+ \()?(?:\/|file:|node:)/,
  /node_modules/,
  /SQLITE/i,
  /\bmongo/i,
  /<html|<!doctype|<pre>/i,
  /\bError:/,
  /\$2[aby]\$\d\d\$/,
];

/** A fault if a text that was sent to somebody tells of the inside, or of what is the victim's. */
export function checkForLeaks(text: string, secret: string): void {
  const found = INSIDE.find((pattern) => pattern.test(text));
  if (found) throw new Fault('leak', `${found} is in: ${excerpt(text)}`);
  if (text.includes(secret)) throw new Fault('leak', `what is the victim's is in: ${excerpt(text)}`);
}
