import { PAGE_LENGTH } from '../domain/limits';
import type { Parameter } from './documents';
import { NEW_SESSION, SESSION } from './examples';
import { givenUuid, sessionName } from './fieldSchemas';
import { described, object, optional, text, wholeNumber } from './jsonSchema';
import { apiCall, type Content } from './operation';
import { ref } from './schemas';

export const sessionId: Parameter = {
  name: 'sessionId',
  in: 'path',
  schema: givenUuid('The `id` of the session.'),
  example: SESSION.id,
};

export const limit: Parameter = {
  name: 'limit',
  in: 'query',
  schema: wholeNumber('The maximum number of entries in the page.', {
    minimum: PAGE_LENGTH.min,
    maximum: PAGE_LENGTH.max,
    default: PAGE_LENGTH.default,
  }),
  example: 20,
};

const cursor: Parameter = {
  name: 'cursor',
  in: 'query',
  schema: text('The `nextCursor` of the previous page. Leave it out to get the first page.'),
  example: 'MjAyNi0xMS0yNVQwOTozMTowNy45MTRaIGUxMGQ4N2I4LTRjMWYtNGYyYS05ZDBlLTZmMWY3YzBjM2I1YQ',
};

const oneSession = {
  tag: 'Sessions',
  path: '/api/sessions/{sessionId}',
  parameters: [sessionId],
  codes: ['NOT_FOUND'],
} as const;
const session: Content = { schema: ref('Session'), example: SESSION };
const newSession: Content = { ...session, example: NEW_SESSION };

/** The chat sessions: `/api/sessions`. */
export const SESSION_OPERATIONS = [
  apiCall({
    tag: 'Sessions',
    id: 'listSessions',
    method: 'get',
    path: '/api/sessions',
    summary: 'List the sessions',
    description: 'Most recent activity first: the latest message, or the creation if there is none.',
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
      'Idempotent if the client chooses the `id`: repeating the request returns the same session. The `id` of another ' +
      "user's session is `NOT_FOUND`. All devices of the user receive a `session` event.",
    body: {
      isOptional: true,
      schema: object<{ name?: string; id?: string }>('The new session.', {
        name: optional(
          described(
            sessionName,
            `${sessionName.description} Without a name, the session takes it from the first message.`,
          ),
        ),
        id: optional(givenUuid('The id of the session. If left out, the server creates one.')),
      }),
      example: { id: NEW_SESSION.id },
    },
    successes: [
      { status: 201, description: 'The new session.', content: newSession },
      { status: 200, description: 'The session already existed; it is unchanged.', content: session },
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
    description: 'All devices of the user receive a `session` event.',
    body: {
      schema: object<{ name: string }>('The new name.', { name: sessionName }),
      example: { name: SESSION.name },
    },
    successes: [{ status: 200, description: 'The updated session.', content: session }],
  }),
  apiCall({
    ...oneSession,
    id: 'deleteSession',
    method: 'delete',
    summary: 'Delete a session',
    description: 'Deletes the session and its messages. All devices of the user receive a `session` event.',
    successes: [{ status: 204, description: 'Deleted.' }],
  }),
];
