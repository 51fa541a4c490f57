import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { ipKeyGenerator } from 'express-rate-limit';
import proxyAddr from 'proxy-addr';
import { isBlank, startOf, toLine } from '../domain/text';
import type { Logger } from './logger';

/** The text of a header. Node reads each byte as a Latin-1 character, while most clients write UTF-8. */
export function headerText(header: string): string {
  const bytes = Buffer.from(header, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : header;
}

const USER_AGENT_LIMIT = { graphemes: 256, codePoints: 256 };

/** The `User-Agent` as one line that can be shown, or null if it shows nothing. */
export function userAgentIn(headers: IncomingHttpHeaders): string | null {
  const userAgent = headerText(headers['user-agent'] ?? '');
  return isBlank(userAgent) ? null : startOf(toLine(userAgent), USER_AGENT_LIMIT);
}

/** Returns the token of an `Authorization: Bearer <token>` header, or undefined if it is missing or of another scheme. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +([^ ]+) *$/i.exec(header ?? '')?.[1];
}

/** Whether to trust what the proxy at this address, `hop` hops away, says about the client. */
export type TrustedProxies = (address: string, hop: number) => boolean;

/** Compiles `TRUST_PROXY` to the rule that Express and Socket.IO share. */
export function trustedProxies(setting: false | number | readonly string[]): TrustedProxies {
  if (setting === false) return () => false;
  if (typeof setting === 'number') return (_address, hop) => hop < setting;
  return proxyAddr.compile([...setting]);
}

/** The address of the client behind the trusted proxies. */
export function clientAddress(request: IncomingMessage, trusted: TrustedProxies): string {
  return proxyAddr(request, trusted);
}

/** The parts of an Express request that `requestOrigin` reads. The trusted proxies decide about `protocol` and `host`. */
interface OriginOfRequest {
  protocol: string;
  host: string;
  socket: { localPort?: number };
}

/** A host name or an IP address, with or without a port: nothing that HTML, JavaScript or a shell would interpret. */
const PLAIN_HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?$/i;

/**
 * The origin at which the client reaches this server, as the request and its trusted proxies name it. If what they name is no
 * host, it is the port of this server on `localhost`.
 */
export function requestOrigin({ protocol, host, socket }: OriginOfRequest): string {
  const origin = `${protocol === 'https' ? 'https' : 'http'}://${host}`;
  if (host && PLAIN_HOST.test(host) && URL.canParse(origin)) return new URL(origin).origin;
  return `http://localhost:${socket.localPort}`;
}

/** An IPv4 client as a dual-stack listener shows it. */
const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** Some proxies append the port of the client, which differs for each connection. */
const WITH_PORT = /^(?:\[([\da-f:.]+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d+)?$/i;

/** An address without port and without the prefix of a mapped IPv4 address. */
export function plainAddress(address: string): string {
  const [, ipv6, ipv4] = WITH_PORT.exec(address) ?? [];
  const alone = ipv6 ?? ipv4 ?? address;
  return MAPPED_IPV4.exec(alone)?.[1] ?? alone;
}

/** The key under which rate limits count an address. All of an IPv6 /56 counts as one client. */
export function addressKey(address: string): string {
  return ipKeyGenerator(plainAddress(address));
}

/** The pages that may use the server, besides its own. */
export interface OriginRules {
  /** In the form that browsers send; `['*']` allows every origin. */
  readonly corsOrigins: readonly string[];
  /** Whether pages that are served from the user's own machine are allowed, at any port. */
  readonly loopbackOrigins: boolean;
}

const LOOPBACK_ORIGIN = /^https?:\/\/(?:(?:[a-z\d-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/;

/** The allowed origins in the form that the package `cors` takes, for Express and Socket.IO. */
export function corsOrigin({ corsOrigins, loopbackOrigins }: OriginRules): string | (string | RegExp)[] {
  if (corsOrigins.includes('*')) return '*';
  return loopbackOrigins ? [...corsOrigins, LOOPBACK_ORIGIN] : [...corsOrigins];
}

/**
 * Whether a page of this origin may open a WebSocket, for which browsers don't apply CORS. Allowed are the origins of the rules,
 * the server's own origin, and clients that are no browser and send no origin.
 */
export function isAllowedOrigin(
  { corsOrigins, loopbackOrigins }: OriginRules,
  origin: string | undefined,
  host: string | undefined,
): boolean {
  if (origin === undefined || corsOrigins.includes('*') || corsOrigins.includes(origin)) return true;
  if (loopbackOrigins && LOOPBACK_ORIGIN.test(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === normalizedHost(origin, host);
}

/** How many different origins are logged: clients can make up any number. */
const MAX_LOGGED_ORIGINS = 100;
const MAX_ORIGIN_LENGTH = 200;
/** An origin that can stand in a list of origins as it is. */
const PLAIN_ORIGIN = /^[a-z][a-z\d+.-]*:\/\/(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

/** Logs each refused origin once, with the line for `.env` that would allow it. */
export class RefusedOriginLog {
  private readonly logged = new Set<string>();

  constructor(
    private readonly corsOrigins: readonly string[],
    private readonly logger: Logger,
  ) {}

  report(origin = ''): void {
    const shown = origin.slice(0, MAX_ORIGIN_LENGTH);
    if (this.logged.has(shown) || this.logged.size >= MAX_LOGGED_ORIGINS) return;
    this.logged.add(shown);
    if (shown !== origin || !PLAIN_ORIGIN.test(origin)) {
      this.logger.warn({ origin: shown }, 'origin refused');
      return;
    }
    const line = `CORS_ORIGIN=${[...this.corsOrigins, origin].join(',')}`;
    this.logger.warn({ origin, line }, 'origin refused; if it is your front end, put the line into .env');
  }
}

/** The `Host` header as the origin would write it: proxies may add the default port of the scheme. */
function normalizedHost(origin: string, host: string | undefined): string | null {
  const url = `${new URL(origin).protocol}//${host}`;
  return host !== undefined && URL.canParse(url) ? new URL(url).host : null;
}
