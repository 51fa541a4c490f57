import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export const DOCUMENT = resolve(__dirname, '../../docs/testing.md');

/** The program in docs/testing.md whose first line names this file. */
export function documentedProgram(name: string): string {
  const blocks = readFileSync(DOCUMENT, 'utf8').matchAll(/^```js\n(.*?)^```$/gms);
  const program = Array.from(blocks, ([, text = '']) => text).find((text) => text.startsWith(`// ${name}\n`));
  if (program === undefined) throw new Error(`docs/testing.md has no program ${name}`);
  return program;
}
