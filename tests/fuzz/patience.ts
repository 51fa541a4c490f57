import { withTimeout } from '../../testkit/waiting';
import { Fault } from './fault';

/** How long a response may take, in milliseconds: long enough for a busy machine, as slowness is no fault here. */
export const PATIENCE_MS = 15_000;

/** Settles like the promise, or rejects with a fault after a timeout. */
export function patiently<T>(promise: Promise<T>, event: string): Promise<T> {
  const onTimeout = () => new Fault('wrongAnswer', `${event}: nothing for ${PATIENCE_MS} ms`);
  return withTimeout(promise, PATIENCE_MS, onTimeout);
}
