import type { ChatClient } from './chatClient';
import type { Parts } from './parts';
import { randomId } from './randomId';

type Sessions = Pick<ChatClient, 'sessions' | 'history'>;

/** The calls about sessions and their past. */
export function sessionCalls({ api }: Pick<Parts, 'api'>): Sessions {
  return {
    sessions: {
      list: (page = {}) => api.patiently({ method: 'GET', path: `/api/sessions${query(page)}` }),
      get: (sessionId) => api.patiently({ method: 'GET', path: pathOf(sessionId) }),
      // An id of the client's own, so that a repetition makes no second session.
      create: ({ id = randomId(), ...input } = {}) =>
        api.patiently({ method: 'POST', path: '/api/sessions', body: { id, ...input } }),
      rename: (sessionId, name) =>
        api.patiently({ method: 'PATCH', path: pathOf(sessionId), body: { name } }),
      delete: (sessionId) => api.remove(pathOf(sessionId)),
    },
    history: (sessionId, page = {}) =>
      api.patiently({ method: 'GET', path: `${pathOf(sessionId)}/messages${query(page)}` }),
  };
}

/** The path of a session in the REST API. */
export function pathOf(sessionId: string): string {
  return `/api/sessions/${encodeURIComponent(sessionId)}`;
}

function query(parameters: object): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return given.length === 0
    ? ''
    : `?${new URLSearchParams(given.map(([key, value]) => [key, String(value)]))}`;
}
