import { isIP } from 'node:net';
import { compile } from 'proxy-addr';
import { InvalidValue, quote, splitList } from './values';

/** The proxies whose `X-Forwarded-For` is trusted: none, a number of hops, or those with these addresses. */
export type TrustProxy = false | number | readonly string[];

const NAMED_RANGES = ['loopback', 'linklocal', 'uniquelocal'];

/** Parses a list of origins to the form that browsers send, or a single `*`. */
export function origins(text: string): readonly string[] {
  if (text === '*') return ['*'];
  const list = splitList(text);
  if (list.length === 0) throw new InvalidValue(`is ${quote(text)}; it must name at least one origin.`);
  return [...new Set(list.map(origin))];
}

function origin(text: string): string {
  const parts = /^([a-z][a-z0-9+.-]*:\/\/[^/?#@\\\s*]+)(\/?)$/i.exec(text);
  if (parts?.[1] === undefined || !URL.canParse(text)) {
    throw new InvalidValue(
      `has ${quote(text)}; each origin must be scheme://host or scheme://host:port, without a path.`,
    );
  }
  const url = new URL(parts[1]);
  // A URL object has no origin for the schemes of apps, such as capacitor://localhost.
  const plain = url.origin === 'null' ? parts[1].toLowerCase() : url.origin;
  if (parts[2] === '/') {
    throw new InvalidValue(`has ${quote(text)}; an origin must not end with a slash: write "${plain}".`);
  }
  return plain;
}

/** Parses `false`, a number of hops, or a list of addresses, CIDR ranges and named ranges. */
export function trustedProxies(text: string): TrustProxy {
  if (text === 'false' || text === '0') return false;
  if (text === 'true') {
    throw new InvalidValue(
      'is "true", which would trust any address that a client claims to have; ' +
        'set it to the number of proxies in front of this server, such as "1", or to their addresses.',
    );
  }
  if (/^[1-9]\d?$/.test(text)) return Number(text);
  const list = splitList(text);
  const invalid = list.filter((each) => !isAddressOrRange(each));
  if (list.length > 0 && invalid.length === 0) return list;
  throw new InvalidValue(
    `has ${quote(invalid.join(', '))}; it must be "false", a number of hops up to 99, or addresses such as ` +
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

/** The URL at which a program on the same machine reaches a server that listens on `host`. */
export function urlOfServer(host: string, port: number): string {
  return `http://${hostInUrl(host)}:${port}`;
}

function hostInUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
