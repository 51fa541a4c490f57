import type { ErrorCode } from '../domain/errors';
import { LabelledCounter } from './counter';
import { CALL_SECONDS } from './durations';
import { LabelledHistogram } from './histogram';
import type { Metric } from './metric';
import type { RefusalMetrics } from './refusalMetrics';

/** A request that has ended, as far as it is counted. */
interface Ended {
  method: string;
  /** A pattern, or null where no route took it. */
  route: string | null;
  /** Null where the client left before the answer. */
  status: number | null;
  seconds: number;
  failure?: { code: ErrorCode };
}

/** The requests of REST. Routes are patterns: there are no more figures than routes, whatever clients ask for. */
export class RequestMetrics {
  private readonly requests = new LabelledCounter(
    'http_requests_total',
    'Requests of REST that have ended, status "aborted" where the client left before its answer, route "none" where none took it.',
    ['method', 'route', 'status'],
  );
  private readonly durations = new LabelledHistogram(
    'http_request_duration_seconds',
    'From the head of a request of REST to the end of its answer.',
    ['method', 'route'],
    CALL_SECONDS,
  );
  readonly all: readonly Metric[] = [this.requests, this.durations];

  constructor(private readonly refusals: RefusalMetrics) {}

  ended({ method, route, status, seconds, failure }: Ended): void {
    const labels = { method, route: route ?? 'none' };
    this.requests.add({ ...labels, status: status === null ? 'aborted' : String(status) });
    this.durations.observe(labels, seconds);
    if (failure) this.refusals.refused('rest', failure.code);
  }
}
