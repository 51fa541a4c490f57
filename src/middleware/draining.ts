import type { RequestHandler } from 'express';
import { ChatError } from '../domain/errors';
import type { InFlight } from '../utils/inFlight';

/** Counts the requests under way, and refuses new ones once the server is stopping. */
export function refuseWhileDraining(inFlight: InFlight): RequestHandler {
  return (_request, response, next) => {
    if (inFlight.isDraining) {
      response.set('Connection', 'close');
      throw new ChatError('UNAVAILABLE', { detail: 'The server is stopping. Try again shortly.' });
    }
    response.once('close', inFlight.begin());
    next();
  };
}
