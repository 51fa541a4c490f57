import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { fromSource } from '../../testkit/serverProcess';
import { isLongRun } from '../support/longRun';

const run = promisify(execFile);
const PROGRAM = fromSource(resolve(__dirname, '../../bench/run.ts'));

const ROWS = {
  echo: [
    /^\| stored echoes a second with .* \| [\d,]+ .* bare \| [\d.]+ .* \| ≥ 0\.5 [✓✗] \|$/,
    /^\| CPU time .* with .* \| [\d,]+ µs .* bare \| [\d.]+ .* \| ≤ 2\.7 [✓✗] \|$/,
    /^\| stored echoes a second without .* bare \| [\d.]+ .* \| ≥ 0\.55 [✓✗] \|$/,
    /^\| CPU time .* without .* bare \| [\d.]+ .* \| ≤ 2\.5 [✓✗] \|$/,
  ],
  replies: [
    /^\| p99 of a token .* \| \d+ ms \| p50 \d+ ms; memory .* MB \| {2}\| ≤ 100 ms [✓✗] \|$/,
    /^\| CPU of the server .* \| [\d.]+ cores \| {2}\| {2}\| ≤ 1 [✓✗] \|$/,
    /^\| from a message to the first token .* \| [\d.]+ ms \| p99 .* \| {2}\| ≤ 10 ms [✓✗] \|$/,
  ],
};

test.each(isLongRun ? (['echo', 'replies'] as const) : (['echo'] as const))(
  'the benchmark measures and prints its table: %s',
  async (name) => {
    const { stdout } = await run(process.execPath, [...PROGRAM, '--tiny', name]);
    const [head, line, ...rows] = stdout.trim().split('\n');
    expect(head).toBe('| what | ours | compared with | ratio | goal |');
    expect(line).toMatch(/^[| -]+$/);
    const printed = rows.filter((row) => row.startsWith('| '));
    expect(printed).toEqual(ROWS[name].map((row) => expect.stringMatching(row)));
  },
  60_000,
);

test('a name that no benchmark has is refused with the names there are', async () => {
  const failure = run(process.execPath, [...PROGRAM, 'ecko']);
  await expect(failure).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^Unknown benchmark: ecko\. Choose from: echo, .*replies/),
  });
});
