import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createPrometheusMeter } from '../../src/metrics/prometheusMeter';
import { startTestServer } from '../support/testServer';

const document = readFileSync(resolve(__dirname, '../../docs/metrics.md'), 'utf8');
const NAME = /(?:chat|http|nodejs|process)_[a-z0-9_]+/g;
const OWN = /^(?:chat|http)_/;

let text: string;
let served: string[];

beforeAll(async () => {
  const server = await startTestServer();
  const process = createPrometheusMeter();
  process.addProcessMetrics();
  text = (await server.scrape()) + (await process.scrape());
  served = Array.from(text.matchAll(/^# TYPE (\S+)/gm), ([, name = '']) => name);
});

test('docs/metrics.md lists every metric of the server, and none that does not exist', () => {
  const table = document.split('\n').filter((line) => line.startsWith('| `'));
  const documented = table.flatMap((line) => (line.split('|')[1] ?? '').match(NAME) ?? []);
  const isOwn = (name: string) => OWN.test(name);
  expect(documented.filter(isOwn).sort()).toEqual([...new Set(served.filter(isOwn))].sort());
  expect(documented.filter((name) => !served.includes(name))).toEqual([]);
});

test('alerts use existing metrics', () => {
  const used =
    document
      .split('\n')
      .filter((line) => /expr:|sum by|rate\(/.test(line))
      .join()
      .match(NAME) ?? [];
  expect(used.length).toBeGreaterThan(5);
  expect(used.filter((name) => !served.includes(name.replace(/_bucket$/, '')))).toEqual([]);
});

test('metrics of the server have one line of help and one type, and only counters end in _total', () => {
  const lines = text.split('\n').filter((line) => /^# \S+ (?:chat|http)_/.test(line));
  const types = lines.filter((line) => line.startsWith('# TYPE'));
  expect(types.length).toBeGreaterThan(15);
  expect(lines.filter((line) => /^# HELP \S+ [A-Z].*\.$/.test(line))).toHaveLength(types.length);
  expect(types.filter((line) => / counter$/.test(line) !== /_total /.test(line))).toEqual([]);
});

test('the metrics that dashboards for Node.js expect are there', () => {
  expect(served).toEqual(
    expect.arrayContaining([
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'process_start_time_seconds',
      'nodejs_eventloop_lag_p99_seconds',
      'nodejs_heap_size_used_bytes',
      'nodejs_gc_duration_seconds',
      'nodejs_version_info',
    ]),
  );
});
