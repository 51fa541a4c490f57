import type { ErrorCode } from '../domain/errors';
import type {
  ClientToServerEvents,
  ConnectErrorData,
  Joined,
  RegeneratePayload,
  Sent,
  ServerToClientEvents,
  StopPayload,
  Stopped,
} from '../domain/events';
import { ACTIVITY_INTERVAL_MS, RESUME_PAGE_LENGTH, TOKEN_WARNING_MS } from '../domain/limits';
import type { DraftDelta } from '../domain/message';
import { SESSION_CHANGES, type Session, type SessionChange } from '../domain/session';
import type { EventMessage } from './documents';
import { DELTA, EXPIRES_AT, failureExample, MESSAGE, REPLY, SESSION, STOPPED_REPLY, TOKEN } from './examples';
import { givenUuid, time, uuid, variant } from './fieldSchemas';
import {
  constant,
  flag,
  type JsonSchema,
  list,
  object,
  oneOf,
  optional,
  text,
  wholeNumber,
} from './jsonSchema';
import { stoppedMessage } from './messageOperations';
import { draftError, draftState, ref, targetSessionId } from './schemas';

type EventDetails = Pick<EventMessage, 'summary' | 'description' | 'payload' | 'examples'>;

/** An event that clients send, and its ack. */
export interface ClientEvent extends EventDetails {
  name: keyof ClientToServerEvents;
  ack: { schema: JsonSchema; example: object };
  /** Every code that its ack, or an `error` event, can have. */
  codes: readonly ErrorCode[];
}

/** An event that the server sends. */
export interface ServerEvent extends EventDetails {
  name: keyof ServerToClientEvents | 'connect_error';
}

/** The ack of an event that succeeded. */
type Success<T extends object = object> = { ok: true } & T;

const ok = constant(true, 'The event succeeded.');

const ANY_EVENT: readonly ErrorCode[] = ['VALIDATION_FAILED', 'UNAVAILABLE'];
/** `FORBIDDEN` if the app, with its hook `authorize`, denies what the event does. */
const SESSION_EVENT: readonly ErrorCode[] = [
  ...ANY_EVENT,
  'NOT_FOUND',
  'FORBIDDEN',
  'RATE_LIMITED',
  'INTERNAL',
];

/** Every event that clients may send. */
export const CLIENT_EVENTS: readonly ClientEvent[] = [
  {
    name: 'join-session',
    summary: 'Join a session',
    description:
      'From now on the socket receives the messages of the session. With `after`, the last `seq` that the client has, the ack ' +
      `contains the missed messages: the first ${RESUME_PAGE_LENGTH} of them, and \`hasMore\`. The server joins first and reads ` +
      'second, so no message is lost in between; a message may arrive both live and in the ack, with the same `seq`. ' +
      "Another user's session is `NOT_FOUND`; `FORBIDDEN` if the app denies access.",
    payload: { oneOf: [targetSessionId, ref('JoinTarget')] },
    examples: [
      { name: 'New messages only', payload: SESSION.id },
      { name: 'With missed messages', payload: { sessionId: SESSION.id, after: 0 } },
    ],
    ack: {
      schema: object<Success<Joined>>('The session.', {
        ok,
        session: ref('Session'),
        messages: optional(list(ref('Message'), 'With `after`: the messages after it, ascending by `seq`.')),
        hasMore: optional(
          flag('With `after`: whether there are more messages to read, after the last of `messages`.'),
        ),
        drafts: optional(
          list(
            ref('Draft'),
            'The replies that are being made, which `reply` events continue. Absent if there is none.',
          ),
        ),
      }),
      example: { ok: true, session: SESSION, messages: [MESSAGE, REPLY], hasMore: false },
    },
    codes: SESSION_EVENT,
  },
  {
    name: 'leave-session',
    summary: 'Leave a session',
    description:
      'The socket no longer receives messages of the session. Idempotent, also for a session that was not joined.',
    payload: givenUuid('The id of the session.'),
    examples: [{ name: 'Leave', payload: SESSION.id }],
    ack: { schema: object<Success>('Left.', { ok }), example: { ok: true } },
    codes: ANY_EVENT,
  },
  {
    name: 'message',
    summary: 'Send a message',
    description:
      'The ack is sent once the message is on disk. After that, all other sockets in the session receive the message, and all ' +
      'sockets in it receive the reply of the server. Sending joins the session. With a `clientMessageId`, sending again is ' +
      'safe: the ack then contains the first result, marked as `duplicate`. With `replaces`, the message is an edited version of an ' +
      "earlier one and gets a reply of its own. Another user's session is `NOT_FOUND`. The app may replace the content, or refuse the " +
      'message with `FORBIDDEN`, `VALIDATION_FAILED` or `CONFLICT` and a text for the user.',
    payload: ref('SendPayload'),
    examples: [
      {
        name: 'Send',
        payload: {
          sessionId: SESSION.id,
          content: MESSAGE.content,
          clientMessageId: MESSAGE.clientMessageId,
        },
      },
      {
        name: 'Edit',
        payload: {
          sessionId: SESSION.id,
          content: 'Hello again, server!',
          clientMessageId: 'phone-0002',
          replaces: MESSAGE.messageId,
        },
      },
    ],
    ack: {
      schema: object<Success<Sent>>('The stored message.', {
        ok,
        message: ref('Message'),
        duplicate: optional(constant(true, 'Set if the message was already stored.')),
      }),
      example: { ok: true, message: MESSAGE },
    },
    codes: [...SESSION_EVENT, 'CONFLICT'],
  },
  {
    name: 'stop-reply',
    summary: 'Stop a reply',
    description:
      'Stops the reply to a message, also one that has not begun. What has arrived is stored as the reply, with `finish: "stopped"`. ' +
      'Idempotent: a reply that is stored already is returned as it is.',
    payload: object<StopPayload>('The message whose reply to stop.', {
      sessionId: givenUuid('The id of the session.'),
      replyTo: givenUuid('The `messageId` of the user message.'),
    }),
    examples: [{ name: 'Stop', payload: { sessionId: SESSION.id, replyTo: MESSAGE.messageId } }],
    ack: {
      schema: object<Success<Stopped>>('The reply.', { ok, message: stoppedMessage }),
      example: { ok: true, message: STOPPED_REPLY },
    },
    codes: [...ANY_EVENT, 'NOT_FOUND', 'FORBIDDEN', 'INTERNAL'],
  },
  {
    name: 'regenerate',
    summary: 'Make a further reply',
    description:
      'Makes a further reply to a message, beside the ones that it has. The ack is sent once that is on disk; the reply arrives as `reply` ' +
      'events and as a `message` with this `variant`. If it fails, the last `reply` event has the state `failed`, no message is stored, ' +
      'and a new try is the next number. The number of the newest reply itself is a repeat and makes nothing, so that sending again is ' +
      'safe, and two devices that ask at once make one reply. `CONFLICT` if the newest reply has another number, or is still being made.',
    payload: object<RegeneratePayload>('The message and the number of the reply.', {
      sessionId: givenUuid('The id of the session.'),
      replyTo: givenUuid('The `messageId` of the user message.'),
      variant,
    }),
    examples: [
      { name: 'Regenerate', payload: { sessionId: SESSION.id, replyTo: MESSAGE.messageId, variant: 2 } },
    ],
    ack: {
      schema: object<Success<{ variant: number }>>('The reply will be made, or was asked for before.', {
        ok,
        variant: wholeNumber('Its number.', { minimum: 2 }),
      }),
      example: { ok: true, variant: 2 },
    },
    codes: [...SESSION_EVENT, 'CONFLICT'],
  },
  {
    name: 'authenticate',
    summary: 'Renew the token',
    description:
      'Replaces the token of the socket with a fresh one of the same login before the old one expires, so that the socket stays ' +
      'connected. A token of another login is rejected.',
    payload: text('The `token` of the latest pair.'),
    examples: [{ name: 'Renew', payload: TOKEN }],
    ack: {
      schema: object<Success<{ expiresAt: string }>>('The token was accepted.', {
        ok,
        expiresAt: time('When the new token expires.'),
      }),
      example: { ok: true, expiresAt: EXPIRES_AT },
    },
    codes: [...ANY_EVENT, 'UNAUTHENTICATED', 'TOKEN_EXPIRED', 'INTERNAL'],
  },
];

const CONNECT_ERROR_CODES = [
  'UNAUTHENTICATED',
  'TOKEN_EXPIRED',
  'CONFLICT',
  'INTERNAL',
] satisfies ErrorCode[];

/** Every event that the server sends. */
export const SERVER_EVENTS: readonly ServerEvent[] = [
  {
    name: 'message',
    summary: 'A message was stored',
    description:
      'A message of the server goes to every socket in the session, and to the sender after its ack. A message of a user goes to ' +
      "every other socket in the session: the user's other devices, or all of them if it was sent over REST. Both arrive in the order of `seq`.",
    payload: ref('Message'),
    examples: [
      { name: 'The server replied', payload: REPLY },
      { name: 'The user wrote on another device', payload: MESSAGE },
    ],
  },
  {
    name: 'reply',
    summary: 'A reply is being made',
    description:
      'A piece of a reply, for every socket in the session. The text so far is its first `at` UTF-16 code units, and then `text`. A larger ' +
      '`attempt` starts a new text. If `at` is beyond the text that the client has, it joins the session again, with an ack, whose `drafts` ' +
      'have the whole text. The `message` event with this `replyTo` replaces the draft. Clients may ignore this event.',
    payload: object<DraftDelta>('A piece of a draft.', {
      sessionId: uuid('The session of the draft.'),
      replyTo: uuid('The `messageId` of the user message.'),
      variant: wholeNumber('1 for the first reply to the message.', { minimum: 1 }),
      attempt: wholeNumber('Counts the requests for this reply.', { minimum: 1 }),
      at: wholeNumber('Where the piece begins, in UTF-16 code units.', { minimum: 0 }),
      text: text('The piece. Empty if only the state has changed.'),
      state: draftState,
      error: optional(draftError),
    }),
    examples: [
      { name: 'The model was asked', payload: { ...DELTA, at: 0, text: '', state: 'asking' } },
      { name: 'Text arrived', payload: DELTA },
    ],
  },
  {
    name: 'session',
    summary: 'The list of sessions changed',
    description:
      'Goes to all devices of the user, whether or not they joined the session. `created`, `renamed`, `changed` and `deleted` skip the ' +
      'socket that caused the change. `changed`: the session was read, pinned, archived, or the opposite; of several changes within a ' +
      'second, the last event has the latest state. `active` goes to all: the session has new messages, of the user or of the server. The first one is ' +
      `reported at once, later ones together, at most every ${ACTIVITY_INTERVAL_MS / 1000} s for each session; the last event has ` +
      'the latest state. Events of different types may overtake each other: keep the larger `lastSeq` with its `lastMessageAt` and `preview`, and the larger `readSeq`. ' +
      '`list` has no session: earlier events may be missing, as when servers could not reach each other, so read the list of sessions ' +
      'again. Ignore types that you do not know.',
    payload: {
      oneOf: [
        object<{ type: SessionChange; session: Session }>('A change to a session.', {
          type: oneOf(SESSION_CHANGES, 'The kind of change.'),
          session: ref('Session'),
        }),
        object<{ type: 'list' }>('Changes may have been missed.', {
          type: oneOf(['list'], 'Read the list of sessions again.'),
        }),
      ],
    },
    examples: [
      { name: 'Renamed', payload: { type: 'renamed', session: SESSION } },
      { name: 'New messages', payload: { type: 'active', session: SESSION } },
      { name: 'Missed changes', payload: { type: 'list' } },
    ],
  },
  {
    name: 'token-expiring',
    summary: 'The token expires soon',
    description:
      `Goes to a socket whose token expires within ${TOKEN_WARNING_MS / 1000} s. Send \`authenticate\` with a fresh token; ` +
      'otherwise the socket is disconnected when the token expires.',
    payload: object<{ expiresAt: string }>('When the token expires.', {
      expiresAt: time('When the token expires.'),
    }),
    examples: [{ name: 'Expiring', payload: { expiresAt: EXPIRES_AT } }],
  },
  {
    name: 'error',
    summary: 'An event failed',
    description:
      'Goes to the socket that sent an event without an ack. It contains the failure and the name of the event.',
    payload: ref('ErrorEvent'),
    examples: [
      {
        name: 'Blank content',
        payload: {
          code: 'VALIDATION_FAILED',
          ...failureExample('VALIDATION_FAILED'),
          event: 'message',
          clientMessageId: MESSAGE.clientMessageId,
        },
      },
    ],
  },
  {
    name: 'connect_error',
    summary: 'The connection was refused',
    description:
      "Socket.IO's own event: `error.data` contains the code, and the connection is closed. `CONFLICT` means that the connection " +
      'already carries a socket. Without `data`, the server is unreachable or the address has opened too many connections; the client ' +
      'retries automatically.',
    payload: object<{ message: string; data: ConnectErrorData }>('Why the connection was refused.', {
      message: text('What is wrong and what to do, for people.'),
      data: object<ConnectErrorData>('The error, for programs.', {
        code: oneOf(CONNECT_ERROR_CODES, 'The error code.'),
      }),
    }),
    examples: [
      {
        name: 'An expired token',
        payload: { ...failureExample('TOKEN_EXPIRED'), data: { code: 'TOKEN_EXPIRED' } },
      },
    ],
  },
];
