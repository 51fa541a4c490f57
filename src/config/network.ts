import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
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

/** The URL at which other devices of the network may reach a server that listens on `host`; null if there is none. */
export function urlInNetwork(host: string, port: number): string | null {
  if (!LISTENS_ON_ALL.includes(host)) return null;
  const addresses = Object.values(networkInterfaces()).flatMap((list = []) => list);
  const found = addresses.find(({ family, internal }) => family === 'IPv4' && !internal);
  return found ? `http://${found.address}:${port}` : null;
}

const LISTENS_ON_ALL = ['0.0.0.0', '::'];

function hostInUrl(host: string): string {
  if (LISTENS_ON_ALL.includes(host)) return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

/** The characters that are safe in a connection id and in the configuration of every load balancer. */
const NODE_ID = /^[A-Za-z0-9-]{1,32}$/;

/** Parses the name of a node; an empty text to null. */
export function nodeId(text: string): string | null {
  if (text === '') return null;
  if (NODE_ID.test(text)) return text;
  throw new InvalidValue(`is ${quote(text)}; it must be 1 to 32 letters, digits or "-", such as "node-1".`);
}

/** Parses a `REDIS_URL`; an empty text to null. Messages show at most its scheme, because any other part may contain a password. */
export function redisUrl(text: string): string | null {
  if (text === '') return null;
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1];
  if (scheme !== 'redis' && scheme !== 'rediss') {
    const start = scheme === undefined ? 'does not start with a scheme' : `starts with "${scheme}://"`;
    throw new InvalidValue(`${start}; it must be "redis://HOST:6379", or "rediss://HOST:6379" with TLS.`);
  }
  if (isRedisUrl(text)) return text;
  throw new InvalidValue(
    'is not a Redis URL; it must look like "redis://USER:PASSWORD@HOST:6379", ' +
      'with / : @ ? # and % in the user or password percent-encoded.',
  );
}

function isRedisUrl(text: string): boolean {
  if (/\s/.test(text) || !URL.canParse(text)) return false;
  const { hostname, pathname, search, hash, username, password } = new URL(text);
  if (hostname === '' || search !== '' || hash !== '' || !/^\/?\d*$/.test(pathname)) return false;
  return [username, password].every(isDecodable);
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

const PRIVATE = new BlockList();
for (const [network, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
] as const) {
  PRIVATE.addSubnet(network, bits, 'ipv4');
}
PRIVATE.addAddress('::1', 'ipv6');
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addSubnet('fe80::', 10, 'ipv6');

/** An address of a private network, or a name that only a local network has, such as that of a container. */
export function isPrivate(hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, '');
  const family = isIP(address);
  if (family !== 0) return PRIVATE.check(address, family === 4 ? 'ipv4' : 'ipv6');
  return !hostname.includes('.') || /\.(localhost|local|internal|lan|home\.arpa)$/.test(hostname);
}
