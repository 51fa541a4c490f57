const found: string[] = [];

/** Remembers an answer or event that is not as the documents say. */
export function report(violation: string | null): void {
  if (violation !== null) found.push(violation);
}

/** Returns what was reported since the last time. */
export function takeViolations(): string[] {
  return found.splice(0);
}
