import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Metric } from './metric';
import { Reading } from './reading';

const MICROSECONDS = 1e6;
const NANOSECONDS = 1e9;

/** What every process has, under the names that are usual for it. Watches the event loop from now on. */
export function processMetrics(): Metric[] {
  return [
    new Reading('gauge', 'process_resident_memory_bytes', 'Memory that the process has.', () =>
      process.memoryUsage.rss(),
    ),
    new Reading(
      'gauge',
      'nodejs_heap_size_used_bytes',
      'Memory that the objects of the main thread take.',
      () => process.memoryUsage().heapUsed,
    ),
    new Reading(
      'gauge',
      'process_start_time_seconds',
      'When the process was started, in seconds since 1970.',
      () => performance.timeOrigin / 1000,
    ),
    new Reading(
      'counter',
      'process_cpu_seconds_total',
      'CPU time that the process has taken, all threads together.',
      cpuSeconds,
    ),
    eventLoopDelay(),
  ];
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / MICROSECONDS;
}

function eventLoopDelay(): Metric {
  const delay = monitorEventLoopDelay();
  delay.enable();
  return new Reading(
    'gauge',
    'nodejs_eventloop_delay_p99_seconds',
    'How late the event loop was in all but the worst 1 % of cases, since the last look.',
    () => {
      const p99 = delay.percentile(99) / NANOSECONDS;
      delay.reset();
      return p99;
    },
  );
}
