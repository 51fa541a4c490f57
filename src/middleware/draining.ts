import type { RequestHandler } from 'express';
import { ChatError } from '../domain/errors';
import type { WorkUnderWay } from '../utils/workUnderWay';

/** Counts the requests under way, and refuses new ones once the server is stopping. */
export function refuseWhileDraining(workUnderWay: WorkUnderWay): RequestHandler {
  return (_request, response, next) => {
    if (workUnderWay.isDraining) {
      response.set('Connection', 'close');
      throw new ChatError('UNAVAILABLE', { detail: 'The server is stopping. Try again shortly.' });
    }
    response.once('close', workUnderWay.begin());
    next();
  };
}
