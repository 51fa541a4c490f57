import type { IncomingMessage } from 'node:http';
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
