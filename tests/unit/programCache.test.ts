import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asProgram, loadProgram } from '../../scripts/programCache';
import { pollUntil } from '../../testkit/waiting';
import { newTestFolder } from '../support/testServer';

/** A bundled program that writes this word into a file, with a function that is compiled only when it runs. */
function writeProgram(word: string): { path: string; written: () => string } {
  const folder = newTestFolder();
  const path = join(folder, 'program.js');
  replaceText(path, word);
  return { path, written: () => readFileSync(join(folder, 'written'), 'utf8') };
}

function replaceText(path: string, word: string): void {
  const code = `const write = () => require('node:fs').writeFileSync(__dirname + '/written', '${word}'); write();`;
  writeFileSync(path, asProgram(code));
}

function startKept(word: string) {
  const program = writeProgram(word);
  const first = loadProgram(program.path);
  first.run();
  first.keep();
  return { ...program, first };
}

describe('a bundled program', () => {
  test('runs with the compiled code that was kept of it', () => {
    const { path, written, first } = startKept('one');
    expect(first.isKept).toBe(false);
    expect(written()).toBe('one');
    const second = loadProgram(path);
    expect(second.isKept).toBe(true);
    writeFileSync(join(path, '..', 'written'), '');
    second.run();
    expect(written()).toBe('one');
  });

  test('is compiled anew if its text is another one of the same length', () => {
    const { path, written } = startKept('one');
    replaceText(path, 'two');
    const changed = loadProgram(path);
    expect(changed.isKept).toBe(false);
    changed.run();
    expect(written()).toBe('two');
  });

  test.each([
    ['of another text', (cache: string) => writeFileSync(cache, changedAt(cache, 0))],
    ['empty', (cache: string) => truncateSync(cache, 0)],
  ])('is compiled anew if what was kept is %s', (_how, damage) => {
    const { path, written } = startKept('one');
    damage(path.replace('.js', '.cache'));
    const program = loadProgram(path);
    expect(program.isKept).toBe(false);
    program.run();
    expect(written()).toBe('one');
  });

  test('can import modules when it needs them', async () => {
    const { path, written } = writeProgram('');
    writeFileSync(
      path,
      asProgram("(async () => (await import('node:fs')).writeFileSync(__dirname + '/written', 'late'))();"),
    );
    loadProgram(path).run();
    await pollUntil(
      async () => {
        try {
          return written();
        } catch {
          return null;
        }
      },
      (text) => text === 'late',
    );
  });
});

/** The content of a file with another byte here. */
function changedAt(path: string, offset: number): Buffer {
  const content = readFileSync(path);
  content.writeUInt8(content.readUInt8(offset) ^ 0xff, offset);
  return content;
}
