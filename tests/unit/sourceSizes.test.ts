import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const SRC = resolve(__dirname, '../../src');

/** The limits that keep the server readable: whole concepts in files of a normal size. */
const MAX_FILES = 160;
const MAX_LINES = 400;
const MIN_MEDIAN_LINES = 60;
/** A file with this number of lines or fewer is small. */
const SMALL_LINES = 25;
const MAX_SMALL_SHARE = 0.12;

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const sizes = files
  .map((file) => ({ file, lines: readFileSync(join(SRC, file), 'utf8').split('\n').length - 1 }))
  .sort((a, b) => a.lines - b.lines);
const small = sizes.filter(({ lines }) => lines <= SMALL_LINES);
const median = sizes[Math.floor(sizes.length / 2)]?.lines ?? 0;
const longest = sizes.at(-1);

describe(`src has ${files.length} files with a median of ${median} lines; ${small.length} are small, the longest has ${longest?.lines}`, () => {
  test(`there are at most ${MAX_FILES} files`, () => {
    expect(files.length).toBeLessThanOrEqual(MAX_FILES);
  });

  test(`at most ${MAX_SMALL_SHARE * 100} % have ${SMALL_LINES} lines or fewer`, () => {
    const tooMany = small.length > MAX_SMALL_SHARE * files.length;
    expect(tooMany ? small : []).toEqual([]);
  });

  test(`the median is at least ${MIN_MEDIAN_LINES} lines`, () => {
    expect(median).toBeGreaterThanOrEqual(MIN_MEDIAN_LINES);
  });

  test(`no file has more than ${MAX_LINES} lines`, () => {
    expect(sizes.filter(({ lines }) => lines > MAX_LINES)).toEqual([]);
  });
});
