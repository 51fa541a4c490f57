import type { Metric } from './metric';
import { RefusalMetrics } from './refusalMetrics';
import { RequestMetrics } from './requestMetrics';
import { SocketMetrics } from './socketMetrics';
import { StoreMetrics } from './storeMetrics';

/** Everything that a server counts. */
export class ChatMetrics {
  readonly store = new StoreMetrics();
  readonly refusals = new RefusalMetrics();
  readonly requests = new RequestMetrics(this.refusals);
  readonly sockets = new SocketMetrics(this.refusals);

  get all(): Metric[] {
    return [this.store, this.requests, this.sockets, this.refusals].flatMap(({ all }) => all);
  }
}
