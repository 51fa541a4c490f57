import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPrometheusMeter, serveMetrics } from '../../src/metrics/prometheusMeter';
import { builtProgram, endProcesses, freePort, startProcess } from '../../testkit/serverProcess';
import { figuresIn } from '../support/figures';

const ALONE = { replies: () => 0, nodes: () => 1, isBusOk: () => false, fleet: () => null };

let listener: Server | undefined;

afterEach(() => {
  endProcesses();
  listener?.close();
  listener?.closeAllConnections();
});

async function listen(metrics: Parameters<typeof serveMetrics>[2]): Promise<string> {
  const port = await freePort();
  listener = await serveMetrics(port, '127.0.0.1', metrics);
  return `http://127.0.0.1:${port}`;
}

test('metrics are served at GET /metrics only', async () => {
  const meter = createPrometheusMeter();
  meter.addProcessMetrics();
  const url = await listen(meter);
  const response = await fetch(`${url}/metrics`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(await response.text()).toMatch(/^process_resident_memory_bytes \d{7,}$/m);
  expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(404);
  expect((await fetch(url)).status).toBe(404);
});

test('a scrape that fails is a 500 with the reason, and the listener keeps serving', async () => {
  const meter = createPrometheusMeter();
  const connections = () => {
    throw new Error('the gauge is broken');
  };
  meter.observe({ connections, sockets: () => 0, inFlight: () => 0, ...ALONE });
  const url = await listen(meter);
  for (const _ of [1, 2]) {
    const response = await fetch(`${url}/metrics`);
    expect(response.status).toBe(500);
    expect(await response.text()).toContain('the gauge is broken');
  }
});

test('meters in one process count separately', async () => {
  const [first, second] = [createPrometheusMeter(), createPrometheusMeter()];
  first.store.messageStored('user');
  first.limitExceeded('attempts');
  for (const _ of ['a scrape', 'the next one']) {
    expect(await first.scrape()).toContain('chat_messages_stored_total{sender="user"} 1\n');
  }
  expect(await second.scrape()).toContain('chat_messages_stored_total{sender="user"} 0\n');
  expect(await second.scrape()).toContain('chat_limit_hits_total{limit="attempts"} 0\n');
});

test('gauges are read on every scrape', async () => {
  const meter = createPrometheusMeter();
  let inFlight = 3;
  meter.observe({ connections: () => 1, sockets: () => 2, inFlight: () => inFlight, ...ALONE });
  expect(figuresIn(await meter.scrape())).toMatchObject({
    chat_connections: 1,
    chat_sockets: 2,
    chat_in_flight: 3,
  });
  inFlight = 0;
  expect(figuresIn(await meter.scrape())).toMatchObject({ chat_in_flight: 0 });
});

test('slow readers and aborted requests are counted', async () => {
  const meter = createPrometheusMeter();
  meter.slowReaderDropped();
  meter.requestCompleted({ method: 'GET', route: null, status: null, seconds: 0.3 });
  expect(figuresIn(await meter.scrape())).toMatchObject({
    chat_slow_readers_total: 1,
    'http_requests_total{method="GET",route="none",status="aborted"}': 1,
    'http_request_duration_seconds_bucket{le="0.25",method="GET",route="none"}': 0,
    'http_request_duration_seconds_bucket{le="0.5",method="GET",route="none"}': 1,
  });
});

describe('prom-client', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'smart-chat-metrics-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  /** Starts and stops the built server, and returns the packages that it has loaded. */
  async function loadedPackages(environment: Record<string, string>): Promise<string[]> {
    const probe = join(directory, 'probe.cjs');
    const list = join(directory, 'modules.json');
    const write = `require('node:fs').writeFileSync(${JSON.stringify(list)}, JSON.stringify(Object.keys(require.cache)))`;
    writeFileSync(probe, `process.on('exit', () => ${write});`);
    const server = startProcess(directory, environment, ['--require', probe, builtProgram('server')]);
    await server.listening;
    server.child.kill('SIGTERM');
    expect(await server.exited).toBe(0);
    const files: string[] = JSON.parse(readFileSync(list, 'utf8'));
    const names = files.map((file) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? '');
    return [...new Set(names)];
  }

  test('is not loaded when METRICS_PORT is off', async () => {
    const packages = await loadedPackages({ METRICS_PORT: 'off' });
    expect(packages).not.toContain('prom-client');
  });

  test('is loaded when METRICS_PORT is set', async () => {
    const packages = await loadedPackages({ METRICS_PORT: String(await freePort()) });
    expect(packages).toContain('prom-client');
  });
});
