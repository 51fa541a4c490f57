/** The configuration can't be used. `problems` names every mistake, and contains no secret. */
export class ConfigError extends Error {
  constructor(readonly problems: string[]) {
    super(`The configuration can't be used:\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/** A value that can't be used. The message continues the variable's name: `is "abc"; it must be …`. */
export class Mistake extends Error {}

/** Shows a value in a message: on one line, shortened, and without what stands before an `@`: that may be a password. */
export function quote(text: string): string {
  const masked = text.replace(/.*@/s, '***@');
  return JSON.stringify(masked.length > 80 ? `${masked.slice(0, 80)}…` : masked);
}
