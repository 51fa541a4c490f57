/** How long before its end a token is renewed, in milliseconds, unless that is more than half of its life. */
const MARGIN_MS = 60_000;

/**
 * When to renew a token that has just come, by this device's clock: it may be hours off the server's, so only the length
 * of the token's life is taken from it.
 */
export function renewalTime(token: string, now: number): number {
  const life = lifeOf(token);
  return now + life - Math.min(MARGIN_MS, life / 2);
}

/** In milliseconds; without an end for a token that can't be read: the server will say when it has ended. */
function lifeOf(token: string): number {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const { iat, exp }: { iat?: unknown; exp?: unknown } = JSON.parse(atob(payload));
    return typeof iat === 'number' && typeof exp === 'number' ? (exp - iat) * 1000 : Number.MAX_SAFE_INTEGER;
  } catch {
    return Number.MAX_SAFE_INTEGER;
  }
}
