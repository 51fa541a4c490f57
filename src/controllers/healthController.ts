import type { RequestHandler } from 'express';
import { ChatError } from '../domain/errors';
import type { ChatStore } from '../stores/chatStore';
import type { WorkUnderWay } from '../utils/workUnderWay';

/** What load balancers and supervisors ask. */
export function createHealthController(store: Pick<ChatStore, 'ping'>, workUnderWay: WorkUnderWay) {
  const live: RequestHandler = (_request, response) => {
    response.json({ status: 'ok' });
  };

  const ready: RequestHandler = async (_request, response) => {
    if (workUnderWay.isDraining) throw new ChatError('UNAVAILABLE', { detail: 'The server is stopping.' });
    await store.ping();
    response.json({ status: 'ok' });
  };

  return { live, ready };
}
