import { Progress } from '../../src/admin/progress';

/** A screen, and a clock that is moved by hand. */
function shown(screen: { isTTY?: boolean; columns?: number }) {
  const written: string[] = [];
  let now = 0;
  const progress = new Progress({ ...screen, write: (text: string) => written.push(text) }, () => now);
  return {
    written,
    progress,
    wait(ms: number) {
      now += ms;
    },
  };
}

test('on a terminal a step is one line with a bar, drawn anew as it goes on', () => {
  const { written, progress, wait } = shown({ isTTY: true, columns: 100 });
  const show = progress.begin('Copying', 2_000, 'records');
  wait(2_000);
  show(1_000);
  wait(10);
  show(1_001);
  wait(1_990);
  show(2_000);
  expect(written).toEqual([
    `\r\x1b[2KCopying                ${'░'.repeat(30)}   0 %  0 of 2,000 records`,
    `\r\x1b[2KCopying                ${'█'.repeat(15)}${'░'.repeat(15)}  50 %  1,000 of 2,000 records, 2 s left`,
    `\r\x1b[2KCopying                ${'█'.repeat(30)} 100 %  2,000 of 2,000 records, 4.0 s`,
    '\n',
  ]);
});

test('a line is never longer than the terminal is wide', () => {
  const { written, progress } = shown({ isTTY: true, columns: 40 });
  progress.begin('Copying', 2_000, 'records');
  expect(written.map((text) => text.replace('\r\x1b[2K', '').length)).toEqual([40]);
});

test('elsewhere a step is a line when it begins, every 5 s, and when it ends', () => {
  const { written, progress, wait } = shown({});
  const show = progress.begin('Copying', 3_000, 'pages');
  wait(4_000);
  show(1_000);
  wait(1_000);
  show(1_500);
  wait(5_000);
  show(3_000);
  expect(written).toEqual([
    'Copying: 0 of 3,000 pages\n',
    'Copying: 1,500 of 3,000 pages, 5 s left\n',
    'Copying: 3,000 of 3,000 pages, 10.0 s\n',
  ]);
});

test('a step that is left in the middle leaves its line to what follows', () => {
  const { written, progress } = shown({ isTTY: true });
  progress.begin('Copying', 10, 'pages');
  progress.end();
  progress.end();
  expect(written.slice(1)).toEqual(['\n']);
});
