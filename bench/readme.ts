import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const README = join(__dirname, '../README.md');
const BEGIN = '<!-- made by npm run bench -- --readme -->';
const END = '<!-- end of what npm run bench made -->';

/** Puts the table in its place in the README. Throws if the place isn't marked there. */
export function writeToReadme(table: string): void {
  const text = readFileSync(README, 'utf8');
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`README.md has no ${BEGIN} … ${END}`);
  writeFileSync(README, `${text.slice(0, begin)}${BEGIN}\n\n${table}\n${text.slice(end)}`);
}
