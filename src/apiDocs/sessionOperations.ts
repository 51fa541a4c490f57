import { EXPORT_FORMATS } from '../domain/fields';
import { PAGE_LENGTH } from '../domain/limits';
import type { SessionChanges } from '../domain/session';
import type { Parameter } from './documents';
import { MESSAGE, NEW_SESSION, REPLY, SESSION } from './examples';
import { givenUuid, sessionName } from './fieldSchemas';
import { described, flag, object, oneOf, optional, text, wholeNumber } from './jsonSchema';
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

const archived: Parameter = {
  name: 'archived',
  in: 'query',
  schema: flag(
    '`true` for the archived sessions; left out or `false` for the others. The same for all pages.',
  ),
  example: false,
};

const pinned: Parameter = {
  name: 'pinned',
  in: 'query',
  schema: flag(
    '`true` for only the pinned ones of these; left out or `false` for all. The same for all pages.',
  ),
  example: true,
};

const unread: Parameter = {
  name: 'unread',
  in: 'query',
  schema: flag(
    '`true` for only those of these whose `lastSeq` is larger than their `readSeq`; left out or `false` for all. The same for all pages.',
  ),
  example: true,
};

const format: Parameter = {
  name: 'format',
  in: 'query',
  schema: oneOf(EXPORT_FORMATS, 'The format of the file. Default: `markdown`.'),
  example: 'markdown',
};
const MARKDOWN = `# Hello\\, server\\!

Started 2026-11-25 09:31:00 UTC, exported 2026-11-26 08:00:00 UTC, 2 messages.

**You**, 2026-11-25 09:31:07 UTC:

> Hello, server!

**Server**, 2026-11-25 09:31:07 UTC:

> Hello, server!
`;

const oneSession = {
  tag: 'Sessions',
  path: '/api/sessions/{sessionId}',
  parameters: [sessionId],
  codes: ['NOT_FOUND', 'FORBIDDEN'],
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
    description:
      'The archived sessions or the others, most recent activity first: the latest message, or the creation if there is none. ' +
      'Pinned sessions are not moved; with `pinned=true` they are read alone.',
    parameters: [limit, cursor, archived, pinned, unread],
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
    codes: ['NOT_FOUND', 'FORBIDDEN', 'RATE_LIMITED'],
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
    id: 'updateSession',
    method: 'patch',
    summary: 'Rename, pin or archive a session',
    description:
      'At least one field is required. Fields that are left out do not change. All devices of the user receive `session` events: ' +
      '`renamed` for the name, `changed` for the others.',
    body: {
      schema: {
        ...object<SessionChanges>('The changes.', {
          name: optional(sessionName),
          pinned: optional(flag('True to pin the session, false to unpin it.')),
          archived: optional(flag('True to archive the session, false to take it out of the archive.')),
        }),
        minProperties: 1,
      },
      example: { pinned: true },
    },
    successes: [{ status: 200, description: 'The updated session.', content: session }],
  }),
  apiCall({
    ...oneSession,
    id: 'markRead',
    method: 'put',
    path: '/api/sessions/{sessionId}/read',
    summary: 'Mark messages as read',
    description:
      'Sets `readSeq` to `seq`, or to `lastSeq` if that is smaller. A `seq` below the current `readSeq` changes nothing. Idempotent. ' +
      'All devices of the user receive a `session` event of type `changed`, at most one a second for each session.',
    body: {
      schema: object<{ seq: number }>('How far the user has read.', {
        seq: wholeNumber('The `seq` of the last message that was read, or any larger number for all.', {
          minimum: 0,
          maximum: Number.MAX_SAFE_INTEGER,
        }),
      }),
      example: { seq: SESSION.lastSeq },
    },
    successes: [{ status: 200, description: 'The session.', content: session }],
  }),
  apiCall({
    ...oneSession,
    id: 'exportSession',
    method: 'get',
    path: '/api/sessions/{sessionId}/export',
    isDownload: true,
    summary: 'Export a session',
    description:
      'The messages that the session has when the request arrives, ascending by `seq`, as a file: in Markdown, with each content in a ' +
      'block quote, or as JSON Lines with one `Message` per line. The file is streamed. If it can’t be completed, as when the login ' +
      'is revoked or the server stops, the connection is closed before the end of the response, so that clients report an error. A ' +
      'user can have two exports in progress.',
    parameters: [sessionId, format],
    successes: [
      {
        status: 200,
        description: 'The file.',
        content: [
          { mediaType: 'text/markdown', schema: text('The session in Markdown.'), example: MARKDOWN },
          {
            mediaType: 'application/x-ndjson',
            schema: text('One `Message` as JSON per line.'),
            example: `${JSON.stringify(MESSAGE)}\n${JSON.stringify(REPLY)}\n`,
          },
        ],
      },
    ],
    codes: ['NOT_FOUND', 'FORBIDDEN', 'RATE_LIMITED'],
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
