import type { RequestHandler } from 'express';
import { ChatError } from '../domain/errors';
import type { ChatStore } from '../stores/chatStore';
import type { InFlight } from '../utils/inFlight';

/** Health checks for load balancers and supervisors. */
export function createHealthController(store: Pick<ChatStore, 'ping'>, inFlight: InFlight) {
  const live: RequestHandler = (_request, response) => {
    response.json({ status: 'ok' });
  };

  const ready: RequestHandler = async (_request, response) => {
    if (inFlight.isDraining) throw new ChatError('UNAVAILABLE', { detail: 'The server is stopping.' });
    await store.ping();
    response.json({ status: 'ok' });
  };

  return { live, ready };
}
