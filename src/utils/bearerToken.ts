/** Returns the token of an `Authorization: Bearer <token>` header, or undefined if it is missing or another scheme. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +([^ ]+) *$/i.exec(header ?? '')?.[1];
}
