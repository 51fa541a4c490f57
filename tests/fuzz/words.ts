import { randomUUID } from 'node:crypto';
import { uniqueName } from '../../testkit/builders';

/** What the words of inputs stand for at the moment. */
export type Words = Readonly<Record<string, string>>;

/**
 * Puts what they stand for in the place of words: `~token~` and the like, something new for `~name~` and `~uuid~`, many
 * letters for `~long:9~`, and, with the quotes around it, as many lists in each other for `"~deep:9~"`. So inputs are the
 * same in every run with a seed, whatever ids its server gives out.
 */
export function replaceWords(text: string, words: Words): string {
  return text
    .replaceAll(/"~deep:(\d+)~"/g, (_, depth) => `${'['.repeat(Number(depth))}${']'.repeat(Number(depth))}`)
    .replaceAll(/~(?:deep|long):(\d+)~/g, (_, length) => 'x'.repeat(Number(length)))
    .replaceAll('~uuid~', () => randomUUID())
    .replaceAll('~name~', () => uniqueName())
    .replaceAll(/~(\w+)~/g, (whole, word) => words[word] ?? whole);
}

export function replaceInHeaders(headers: Words, words: Words): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, replaceWords(value, words)]),
  );
}
