/** The allowed origins as the package `cors` takes them, for Express and Socket.IO alike. */
export function corsOrigin(allowed: readonly string[]): string | string[] {
  return allowed.includes('*') ? '*' : [...allowed];
}

/**
 * Whether a page of this origin may connect: one on the list, one that the server itself served, or no page at all (only
 * browsers send an origin). A WebSocket needs this check of its own: browsers don't apply CORS to it.
 */
export function isAllowedOrigin(
  allowed: readonly string[],
  origin: string | undefined,
  host: string | undefined,
): boolean {
  if (origin === undefined || allowed.includes('*') || allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === hostAsIn(origin, host);
}

/** The `Host` of a request as the origin would write it: proxies may name the port even where it is the scheme's own. */
function hostAsIn(origin: string, host: string | undefined): string | null {
  const url = `${new URL(origin).protocol}//${host}`;
  return host !== undefined && URL.canParse(url) ? new URL(url).host : null;
}
