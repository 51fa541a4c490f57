import type { IncomingMessage } from 'node:http';
import { ipKeyGenerator } from 'express-rate-limit';
import proxyAddr from 'proxy-addr';

/** Says whether the proxy at this address, so many hops away, may be believed about who it speaks for. */
export type TrustedProxies = (address: string, hop: number) => boolean;

/** `TRUST_PROXY` as the one rule that Express and Socket.IO share. */
export function trustedProxies(setting: false | number | readonly string[]): TrustedProxies {
  if (setting === false) return () => false;
  if (typeof setting === 'number') return (_address, hop) => hop < setting;
  return proxyAddr.compile([...setting]);
}

/** The address of whoever is behind the proxies that are trusted. */
export function clientAddress(request: IncomingMessage, trusted: TrustedProxies): string {
  return proxyAddr(request, trusted);
}

/** How an IPv4 client looks to a listener that takes IPv6 too. */
const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** How some proxies name a client: with its port, which is another one for each connection. */
const WITH_PORT = /^(?:\[([\da-f:.]+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d+)?$/i;

/** An address as people know it: without its port, and that of an IPv4 client without what a listener for IPv6 puts before it. */
export function plainAddress(address: string): string {
  const [, ipv6, ipv4] = WITH_PORT.exec(address) ?? [];
  const alone = ipv6 ?? ipv4 ?? address;
  return MAPPED_IPV4.exec(alone)?.[1] ?? alone;
}

/** What limits count an address as: an IPv4 one in either form as itself, an IPv6 one with all of its /56, which is one client's. */
export function addressKey(address: string): string {
  return ipKeyGenerator(plainAddress(address));
}
