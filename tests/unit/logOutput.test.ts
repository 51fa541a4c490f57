import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { FileOutput, StreamOutput } from '../../src/utils/logger';
import { times } from '../../testkit/builders';
import { mountSmallDisk } from '../faults/smallDisk';
import { describeWith } from '../support/describeWith';

const LINE = `${'x'.repeat(199)}\n`;
const MEBIBYTE = 1_048_576;

/** Both ends of a connection, of which the reader doesn't read yet. */
async function openPipe(): Promise<{ writer: Socket; reader: Socket }> {
  const listener = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  const writer = connect(typeof address === 'object' && address ? address.port : 0, '127.0.0.1');
  const [reader] = await once(listener, 'connection');
  listener.close();
  return { writer, reader };
}

describe('a reader that stalls', () => {
  test('limits the lines in memory, and later gets the number of those that were dropped', async () => {
    const { writer, reader } = await openPipe();
    const reports: number[] = [];
    const output = new StreamOutput(writer, (dropped) => {
      reports.push(dropped);
      output.write('last\n');
      writer.end();
    });
    const lines = 100_000;
    for (const line of times(lines, () => LINE)) output.write(line);
    expect(writer.writableLength).toBeLessThan(1.1 * MEBIBYTE);

    reader.resume();
    const read = await text(reader);
    const received = read.split('\n').length - 2;
    expect(reports).toEqual([lines - received]);
    expect(received).toBeGreaterThan(MEBIBYTE / LINE.length);
    expect(read.endsWith(`${LINE}last\n`)).toBe(true);
  });

  test('loses nothing that fits in memory', async () => {
    const { writer, reader } = await openPipe();
    const output = new StreamOutput(writer, () => output.write('reported\n'));
    for (const line of times(5_000, () => LINE)) output.write(line);
    writer.end();
    reader.resume();
    expect(await text(reader)).toBe(LINE.repeat(5_000));
  });
});

test('lines for a reader that has gone are discarded, without an error', async () => {
  const { writer, reader } = await openPipe();
  const output = new StreamOutput(writer, () => {});
  reader.destroy();
  const failed = new Promise((resolve) => writer.once('error', resolve));
  output.write(LINE);
  await once(reader, 'close');
  output.write(LINE);
  await failed;
  for (const line of times(10_000, () => LINE)) output.write(line);
  expect(writer.writableLength).toBeLessThan(MEBIBYTE);
});

const disk = mountSmallDisk(1);
afterAll(() => disk?.remove());
const missing = disk ? null : 'Mounting a small disk is not allowed here.';

describeWith(missing, 'a full disk', () => {
  test('costs the lines that do not fit, which are counted once it has room', () => {
    if (!disk) return;
    const path = join(disk.directory, 'log');
    const file = openSync(path, 'a');
    const output = new FileOutput(file, (dropped) => output.write(`dropped ${dropped}\n`));
    output.write('first\n');
    disk.fill();
    // More than what is left of the page that the file has.
    const long = `${'long'.repeat(2_000)}\n`;
    for (const line of times(3, () => long)) output.write(line);
    disk.free();
    output.write('second\n');
    output.write('third\n');
    closeSync(file);
    const [first, torn, ...rest] = readFileSync(path, 'utf8').split('\n');
    expect(first).toBe('first');
    expect(torn).toMatch(/^(long)+/);
    expect(rest).toEqual(['second', 'dropped 3', 'third', '']);
  });
});
