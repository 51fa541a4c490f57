import { canonicalEmail, canonicalId } from '../domain/text';
import { UnusableDatabase } from './databaseHealth';

/** A stored text that identifies something, with its owner as a person who operates the server knows it. */
export interface StoredName {
  name: string;
  owner: string;
}

/** A stored text that is not in its canonical form, which is the only one that is looked up. */
export interface Renaming {
  from: string;
  to: string;
}

/** Rows of an older version that have other than canonical names, and what stands in the way of renaming them. */
export class CanonicalNames {
  /** The rows by the canonical form of their names. */
  private readonly rows = new Map<string, StoredName[]>();

  private constructor(
    private readonly kind: string,
    private readonly canonical: (name: string) => string,
    stored: readonly StoredName[],
  ) {
    this.addAll(stored.filter(({ name }) => canonical(name) !== name));
  }

  static ofEmails(stored: readonly StoredName[]): CanonicalNames {
    return new CanonicalNames('email', canonicalEmail, stored);
  }

  static ofSessions(stored: readonly StoredName[]): CanonicalNames {
    return new CanonicalNames('session', canonicalId, stored);
  }

  /** The names that the rows would get. */
  get targets(): string[] {
    return [...this.rows.keys()];
  }

  get renamings(): Renaming[] {
    return [...this.rows].flatMap(([to, rows]) => rows.map(({ name }) => ({ from: name, to })));
  }

  /** Adds the rows that have one of the `targets` already. */
  addAll(stored: readonly StoredName[]): void {
    for (const row of stored) {
      const to = this.canonical(row.name);
      this.rows.set(to, [...(this.rows.get(to) ?? []), row]);
    }
  }

  /** One line for each canonical name that several rows would get. */
  get collisions(): string[] {
    return [...this.rows.values()]
      .filter((rows) => rows.length > 1)
      .map((rows) => `- ${this.kind} ${rows.map(({ name, owner }) => `${name} of ${owner}`).join(', ')}`);
  }
}

/** Throws an error that lists all collisions, if there are any. */
export function refuseCollisions(...names: readonly CanonicalNames[]): void {
  const lines = names.flatMap(({ collisions }) => collisions);
  if (lines.length === 0) return;
  throw new UnusableDatabase(
    'This version takes different spellings of an email or of a session id for the same one, but the database has several of ' +
      `these:\n${lines.join('\n')}\nNothing was changed. Of each line, change or delete all but one, in the database or with the ` +
      'previous version of the server. Then start this version again.',
  );
}

/** Takes the place of a missing email in databases, where emails are unique. No valid email is of this form. */
export function noEmailOf(userId: string): string {
  return `none:${userId}`;
}
