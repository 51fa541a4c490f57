import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { fromSource } from '../../testkit/serverProcess';

const run = promisify(execFile);
const PROGRAM = fromSource(resolve(__dirname, '../../bench/run.ts'));

test('the benchmark measures and prints its table', async () => {
  const { stdout } = await run(process.execPath, [...PROGRAM, '--tiny', 'echo', 'replies']);
  const [head, line, ...rows] = stdout.trim().split('\n');
  expect(head).toBe('| what | ours | compared with | ratio | goal |');
  expect(line).toMatch(/^[| -]+$/);
  expect(rows.filter((row) => row.startsWith('| '))).toEqual([
    expect.stringMatching(/^\| stored echoes a second, .* \| [\d,]+ .* bare \| [\d.]+ .* \| ≥ 0\.5 [✓✗] \|$/),
    expect.stringMatching(
      /^\| p99 of a token .* \| \d+ ms \| p50 \d+ ms; memory .* MB \| {2}\| ≤ 100 ms [✓✗] \|$/,
    ),
    expect.stringMatching(/^\| CPU of the server .* \| [\d.]+ cores \| {2}\| {2}\| ≤ 1 [✓✗] \|$/),
    expect.stringMatching(
      /^\| from a message to the first token .* \| [\d.]+ ms \| p99 .* \| {2}\| ≤ 10 ms [✓✗] \|$/,
    ),
  ]);
}, 60_000);

test('a name that no benchmark has is refused with the names there are', async () => {
  const failure = run(process.execPath, [...PROGRAM, 'ecko']);
  await expect(failure).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^Unknown benchmark: ecko\. Choose from: echo, .*replies/),
  });
});
