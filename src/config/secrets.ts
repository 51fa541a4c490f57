const LEAST_BYTES = 32;
const PLACEHOLDER =
  /^<.*>$|(^|[-_. ])(your|example|placeholder|change[-_ ]?(me|it|this)|replace[-_ ]?(me|it|this)|jwt[-_ ]?secret)([-_. ]|$)/i;

/** Says what makes these secrets easy to guess, without showing any of them. */
export function secretProblems(secrets: readonly string[]): string[] {
  return secrets.flatMap((secret, index) => {
    const name = secrets.length === 1 ? 'JWT_SECRET' : `JWT_SECRET number ${index + 1} of ${secrets.length}`;
    if (PLACEHOLDER.test(secret))
      return [`${name} is a placeholder; put at least ${LEAST_BYTES} random bytes there.`];
    const bytes = Buffer.byteLength(secret);
    if (bytes >= LEAST_BYTES) return [];
    return [`${name} has ${bytes} bytes; it must have at least ${LEAST_BYTES}, and random ones.`];
  });
}
