import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const README = join(__dirname, '../README.md');
const BEGIN = '<!-- made by npm run bench -- --readme -->';
const END = '<!-- end of what npm run bench made -->';

/** Replaces the table in the README. Throws if the README has no markers for it. */
export function writeToReadme(table: string): void {
  const text = readFileSync(README, 'utf8');
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`README.md has no markers "${BEGIN}" and "${END}"`);
  writeFileSync(README, `${text.slice(0, begin)}${BEGIN}\n\n${table}\n${text.slice(end)}`);
}
