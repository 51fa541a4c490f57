import type { ErrorCode } from '../../domain/errors';
import type { Joined, Sent } from '../../domain/events';
import { RESUME_PAGE_LENGTH } from '../../domain/limits';
import { EXPIRES_AT, MESSAGE, REPLY, SESSION, TOKEN } from '../examples';
import { sessionId } from '../schemas/eventSchemas';
import { time, uuid } from '../schemas/formats';
import { constant, flag, list, object, optional, text } from '../schemas/jsonSchema';
import { ref } from '../schemas/namedTypes';
import type { ClientEvent } from './eventDescription';

/** `ok` and what else a successful ack has. */
type Success<T extends object = object> = { ok: true } & T;

const ok = constant(true, 'The event was done.');

/** What every event can fail with. */
const ANY_EVENT: readonly ErrorCode[] = ['VALIDATION_FAILED', 'UNAVAILABLE'];
const SESSION_EVENT: readonly ErrorCode[] = [...ANY_EVENT, 'NOT_FOUND', 'RATE_LIMITED', 'INTERNAL'];

/** Every event that clients may send. */
export const CLIENT_EVENTS: readonly ClientEvent[] = [
  {
    name: 'join-session',
    summary: 'Hear a session',
    description:
      'From now on the socket hears the messages of the session. With `after`, the last `seq` the client has, the ack has ' +
      `what it missed: the first ${RESUME_PAGE_LENGTH} messages, and \`hasMore\`. The server joins first and reads second, so ` +
      "nothing falls in between; a message may come both live and in the ack, and its `seq` tells. A session that is someone else's " +
      'is `NOT_FOUND`.',
    payload: { oneOf: [sessionId, ref('JoinTarget')] },
    examples: [
      { name: 'Only from now on', payload: SESSION.id },
      { name: 'With what was missed', payload: { sessionId: SESSION.id, after: 0 } },
    ],
    ack: {
      schema: object<Success<Joined>>('The session.', {
        ok,
        session: ref('Session'),
        messages: optional(list(ref('Message'), 'With `after`: what came after it, ascending by `seq`.')),
        hasMore: optional(
          flag('With `after`: whether there is more to ask for, after the last of `messages`.'),
        ),
      }),
      example: { ok: true, session: SESSION, messages: [MESSAGE, REPLY], hasMore: false },
    },
    codes: SESSION_EVENT,
  },
  {
    name: 'leave-session',
    summary: 'Stop hearing a session',
    description:
      'The socket hears nothing of the session any more. Leaving one that was not joined is harmless.',
    payload: uuid('The session.'),
    examples: [{ name: 'Leave', payload: SESSION.id }],
    ack: { schema: object<Success>('Left.', { ok }), example: { ok: true } },
    codes: ANY_EVENT,
  },
  {
    name: 'message',
    summary: 'Send a message',
    description:
      'The ack comes when the message is on disk. Then everyone else in the session hears it, and everyone hears the answer of ' +
      'the server. Sending joins. With a `clientMessageId` sending again is harmless: the ack has the first result then, marked ' +
      "as `duplicate`. A session that is someone else's is `NOT_FOUND`.",
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
    ],
    ack: {
      schema: object<Success<Sent>>('The stored message.', {
        ok,
        message: ref('Message'),
        duplicate: optional(constant(true, 'There if the message had been stored before.')),
      }),
      example: { ok: true, message: MESSAGE },
    },
    codes: SESSION_EVENT,
  },
  {
    name: 'authenticate',
    summary: 'Renew the token',
    description:
      'Gives the socket a fresh token of the same login, before the old one ends: the socket stays. A token of another login is refused.',
    payload: text('The `token` of the latest pair.'),
    examples: [{ name: 'Renew', payload: TOKEN }],
    ack: {
      schema: object<Success<{ expiresAt: string }>>('The token holds.', {
        ok,
        expiresAt: time('When the new token ends.'),
      }),
      example: { ok: true, expiresAt: EXPIRES_AT },
    },
    codes: [...ANY_EVENT, 'UNAUTHENTICATED', 'TOKEN_EXPIRED', 'INTERNAL'],
  },
];
