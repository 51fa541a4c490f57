import type { Metric } from './metric';
import { Reading } from './reading';

/** What can be looked at, and is not counted. */
export interface Moment {
  connections(): number;
  sockets(): number;
  inFlight(): number;
}

/** What a server is doing at the moment. */
export function momentMetrics({ connections, sockets, inFlight }: Moment): Metric[] {
  return [
    new Reading('gauge', 'chat_connections', 'Connections of Socket.IO, logged in or not.', connections),
    new Reading('gauge', 'chat_sockets', 'Sockets that are logged in.', sockets),
    new Reading('gauge', 'chat_work_under_way', 'Requests and events that are being answered.', inFlight),
  ];
}
