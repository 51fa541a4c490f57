import { isIP } from 'node:net';
import { compile } from 'proxy-addr';
import { splitList } from './list';
import { Mistake, quote } from './mistake';

/** Whose `X-Forwarded-For` is believed: nobody's, that of so many hops, or that of these addresses. */
export type TrustProxy = false | number | readonly string[];

const NAMED_RANGES = ['loopback', 'linklocal', 'uniquelocal'];

/** Parses a list of origins to the form in which browsers send them, or a lone `*`. */
export function origins(text: string): readonly string[] {
  if (text === '*') return ['*'];
  const list = splitList(text);
  if (list.length === 0) throw new Mistake(`is ${quote(text)}; it must name at least one origin.`);
  return [...new Set(list.map(origin))];
}

function origin(text: string): string {
  const parts = /^([a-z][a-z0-9+.-]*:\/\/[^/?#@\\\s*]+)(\/?)$/i.exec(text);
  if (parts?.[1] === undefined || !URL.canParse(text)) {
    throw new Mistake(
      `has ${quote(text)}; each origin must be scheme://host or scheme://host:port, without a path.`,
    );
  }
  const url = new URL(parts[1]);
  // Other schemes, as apps have them (capacitor://localhost), have no origin of their own in a URL object.
  const plain = url.origin === 'null' ? parts[1].toLowerCase() : url.origin;
  if (parts[2] === '/')
    throw new Mistake(`has ${quote(text)}; an origin has no slash at its end: write "${plain}".`);
  return plain;
}

/** Parses `false`, a number of hops, or a list of addresses, ranges in CIDR form and names of ranges. */
export function trustedProxies(text: string): TrustProxy {
  if (text === 'false' || text === '0') return false;
  if (text === 'true') {
    throw new Mistake(
      'is "true", which would believe whatever address a client claims to have; ' +
        'give the number of proxies in front of this server, such as "1", or their addresses.',
    );
  }
  if (/^[1-9]\d?$/.test(text)) return Number(text);
  const list = splitList(text);
  const wrong = list.filter((each) => !isAddressOrRange(each));
  if (list.length > 0 && wrong.length === 0) return list;
  throw new Mistake(
    `has ${quote(wrong.join(', '))}; it must be "false", a number of hops up to 99, or addresses such as ` +
      '"10.0.0.5", "10.0.0.0/8" or "loopback", "linklocal", "uniquelocal", separated by commas.',
  );
}

function isAddressOrRange(text: string): boolean {
  if (NAMED_RANGES.includes(text)) return true;
  if (isIP(text.split('/', 1).join('')) === 0) return false;
  try {
    compile(text);
    return true;
  } catch {
    return false;
  }
}
