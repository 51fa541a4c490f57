import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { toText } from '../../src/metrics/metric';
import { serveMetrics } from '../../src/metrics/metricsServer';
import { processMetrics } from '../../src/metrics/processMetrics';
import { startTestServer } from '../support/testServer';

const document = readFileSync(resolve(__dirname, '../../docs/metrics.md'), 'utf8');
const NAME = /(?:chat|http|nodejs|process)_[a-z0-9_]+/g;

async function served(): Promise<string> {
  return (await startTestServer()).scrape() + toText(processMetrics());
}

test('docs/metrics.md names what is served, and nothing else', async () => {
  const names = Array.from((await served()).matchAll(/^# TYPE (\S+)/gm), ([, name]) => name);
  const table = document.split('\n').filter((line) => line.startsWith('| `'));
  const documented = table.flatMap((line) => (line.split('|')[1] ?? '').match(NAME) ?? []);
  expect(documented.sort()).toEqual(names.sort());
});

test('the alerts use figures that there are', async () => {
  const text = await served();
  const used =
    document
      .split('\n')
      .filter((line) => /expr:|sum by|rate\(/.test(line))
      .join()
      .match(NAME) ?? [];
  expect(used.length).toBeGreaterThan(5);
  const missing = used.filter((name) => !text.includes(`# TYPE ${name.replace(/_bucket$/, '')} `));
  expect(missing).toEqual([]);
});

test('each has one line of help and one type, and counters alone end in _total', async () => {
  const lines = (await served()).split('\n');
  const types = lines.filter((line) => line.startsWith('# TYPE'));
  expect(lines.filter((line) => /^# HELP \S+ [A-Z].*\.$/.test(line))).toHaveLength(types.length);
  for (const line of types) {
    expect(/_total (?!counter)|(?<!_total) counter$/.test(line.replace('_seconds_total', '_total'))).toBe(
      false,
    );
  }
});

test('they are served at GET /metrics alone', async () => {
  const server = await serveMetrics(0, '127.0.0.1', processMetrics());
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  const answer = await fetch(`${url}/metrics`);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(await answer.text()).toMatch(/^process_resident_memory_bytes \d{7,}$/m);
  expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(404);
  expect((await fetch(url)).status).toBe(404);
  server.close();
  server.closeAllConnections();
});
