import type { ErrorCode } from '../../domain/errors';
import type { ConnectErrorData } from '../../domain/events';
import { TOKEN_WARNING_MS } from '../../domain/limits';
import type { Session, SessionChange } from '../../domain/session';
import { EXPIRES_AT, failureExample, MESSAGE, REPLY, SESSION } from '../examples';
import { time } from '../schemas/formats';
import { object, oneOf, text } from '../schemas/jsonSchema';
import { ref } from '../schemas/namedTypes';
import type { ServerEvent } from './eventDescription';

const REFUSAL_CODES = ['UNAUTHENTICATED', 'TOKEN_EXPIRED', 'CONFLICT', 'INTERNAL'] satisfies ErrorCode[];

/** Everything that the server sends by itself. */
export const SERVER_EVENTS: readonly ServerEvent[] = [
  {
    name: 'message',
    summary: 'A message was stored',
    description:
      'A message of the server goes to every socket in the session, to the sender after its ack. A message of a user goes to ' +
      "every other socket in it: the user's other devices. Both come in the order of `seq`.",
    payload: ref('Message'),
    examples: [
      { name: 'The server answers', payload: REPLY },
      { name: 'The user wrote on another device', payload: MESSAGE },
    ],
  },
  {
    name: 'session',
    summary: 'The list of sessions changed',
    description: "Goes to the user's other devices, whether they joined the session or not.",
    payload: object<{ type: SessionChange; session: Session }>('A change of a session.', {
      type: oneOf(['created', 'renamed', 'deleted'], 'What happened to it.'),
      session: ref('Session'),
    }),
    examples: [{ name: 'Renamed', payload: { type: 'renamed', session: SESSION } }],
  },
  {
    name: 'token-expiring',
    summary: 'The token is about to end',
    description:
      `Goes to the socket whose token ends in ${TOKEN_WARNING_MS / 1000} s or less. Send \`authenticate\` with a fresh one; at the end ` +
      'the socket is disconnected.',
    payload: object<{ expiresAt: string }>('The end of the token.', {
      expiresAt: time('When the token ends.'),
    }),
    examples: [{ name: 'Soon', payload: { expiresAt: EXPIRES_AT } }],
  },
  {
    name: 'error',
    summary: 'An event was refused',
    description:
      'Goes to the socket whose event came without an ack: what the ack would have said, and of which event.',
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
      "Socket.IO's own event: `error.data` has the code, and the connection is closed. `CONFLICT` means that the connection carried a " +
      'socket already. Without `data` the server is not reached, or counts too many connections from this address: the client ' +
      'tries again by itself.',
    payload: object<{ message: string; data: ConnectErrorData }>('Why the socket was not let in.', {
      message: text('What is wrong and what to do, for people.'),
      data: object<ConnectErrorData>('The same for programs.', {
        code: oneOf(REFUSAL_CODES, 'What went wrong.'),
      }),
    }),
    examples: [
      {
        name: 'An old token',
        payload: { ...failureExample('TOKEN_EXPIRED'), data: { code: 'TOKEN_EXPIRED' } },
      },
    ],
  },
];
