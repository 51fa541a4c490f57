import { createServer, type Server } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** One number of the moment, under the name it has in Prometheus. */
export interface Metric {
  name: string;
  help: string;
  type: 'gauge' | 'counter';
  value: number;
}

/** The media type of the Prometheus text format (https://prometheus.io/docs/instrumenting/exposition_formats/). */
const TEXT_FORMAT = 'text/plain; version=0.0.4; charset=utf-8';
const NANOSECONDS = 1e9;

/**
 * Answers `GET /metrics` on a listener of its own, with what `measure` tells and what every process has. Rejects with the
 * system's error, such as `EADDRINUSE`.
 */
export function serveMetrics(port: number, host: string, measure: () => Metric[]): Promise<Server> {
  const delay = monitorEventLoopDelay();
  delay.enable();
  const server = createServer((request, response) => {
    const isKnown = request.method === 'GET' && request.url === '/metrics';
    response.writeHead(isKnown ? 200 : 404, { 'Content-Type': TEXT_FORMAT });
    response.end(isKnown ? [...measure(), ...processMetrics(delay.percentile(99))].map(toText).join('') : '');
    delay.reset();
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

function processMetrics(loopDelayNanoseconds: number): Metric[] {
  const { user, system } = process.cpuUsage();
  return [
    gauge('process_resident_memory_bytes', 'Memory the process has.', process.memoryUsage.rss()),
    gauge('process_uptime_seconds', 'How long the process runs.', process.uptime()),
    {
      name: 'process_cpu_seconds_total',
      help: 'CPU time the process has taken.',
      type: 'counter',
      value: (user + system) / 1e6,
    },
    gauge(
      'nodejs_eventloop_delay_p99_seconds',
      'How late the event loop was at worst, but for 1 %, since the last look.',
      loopDelayNanoseconds / NANOSECONDS,
    ),
  ];
}

export function gauge(name: string, help: string, value: number): Metric {
  return { name, help, type: 'gauge', value };
}

function toText({ name, help, type, value }: Metric): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${value}\n`;
}
