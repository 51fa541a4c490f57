import { InvalidValue, quote } from './values';

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

/** The host of a Redis URL, without user and password. */
export function redisHost(url: string): string {
  return new URL(url).host;
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
