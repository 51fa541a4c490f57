import { NEW_SESSION, SESSION } from '../examples';
import { sessionName, uuid } from '../schemas/formats';
import { described, object, optional } from '../schemas/jsonSchema';
import { ref } from '../schemas/namedTypes';
import { apiCall, type Content } from './operation';
import { cursor, limit, sessionId } from './pageParameters';

const oneSession = {
  tag: 'Sessions',
  path: '/api/sessions/{sessionId}',
  parameters: [sessionId],
  codes: ['NOT_FOUND'],
} as const;
const session: Content = { schema: ref('Session'), example: SESSION };
const newSession: Content = { ...session, example: NEW_SESSION };

/** The list of chat sessions: `/api/sessions`. */
export const SESSION_OPERATIONS = [
  apiCall({
    tag: 'Sessions',
    id: 'listSessions',
    method: 'get',
    path: '/api/sessions',
    summary: 'List the sessions',
    description: 'Newest activity first: the latest message, or the creation where there is none.',
    parameters: [limit, cursor],
    successes: [
      {
        status: 200,
        description: 'A page of sessions.',
        content: { schema: ref('SessionPage'), example: { sessions: [SESSION], nextCursor: null } },
      },
    ],
  }),
  apiCall({
    tag: 'Sessions',
    id: 'createSession',
    method: 'post',
    path: '/api/sessions',
    summary: 'Create a session',
    description:
      'A client may make the `id` itself, and then repeat the request without harm. An `id` that is someone ' +
      "else's is `NOT_FOUND`. The user's other devices get a `session` event.",
    body: {
      isOptional: true,
      schema: object<{ name?: string; id?: string }>('The new session.', {
        name: optional(
          described(sessionName, `${sessionName.description} Without one, the first message names it.`),
        ),
        id: optional(uuid('Its id; without one the server makes it.')),
      }),
      example: { id: NEW_SESSION.id },
    },
    successes: [
      { status: 201, description: 'The new session.', content: newSession },
      { status: 200, description: 'The session was there already; it stays as it is.', content: session },
    ],
    codes: ['NOT_FOUND', 'RATE_LIMITED'],
  }),
  apiCall({
    ...oneSession,
    id: 'readSession',
    method: 'get',
    summary: 'Read a session',
    description: 'The session without its messages.',
    successes: [{ status: 200, description: 'The session.', content: session }],
  }),
  apiCall({
    ...oneSession,
    id: 'renameSession',
    method: 'patch',
    summary: 'Rename a session',
    description: "The user's other devices get a `session` event.",
    body: {
      schema: object<{ name: string }>('The new name.', { name: sessionName }),
      example: { name: SESSION.name },
    },
    successes: [{ status: 200, description: 'The session as it is now.', content: session }],
  }),
  apiCall({
    ...oneSession,
    id: 'deleteSession',
    method: 'delete',
    summary: 'Delete a session',
    description: "Deletes the session with its messages. The user's other devices get a `session` event.",
    successes: [{ status: 204, description: 'Deleted.' }],
  }),
];
