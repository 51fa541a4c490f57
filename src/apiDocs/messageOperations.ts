import type { Draft, Message } from '../domain/message';
import type { Parameter } from './documents';
import { DRAFT, MESSAGE, REPLY, STOPPED_REPLY } from './examples';
import { clientMessageId, content, givenUuid, replaces, variant } from './fieldSchemas';
import { described, list, nullable, object, optional, type SchemaOf, wholeNumber } from './jsonSchema';
import { apiCall, type Content } from './operation';
import { ref } from './schemas';
import { limit, sessionId } from './sessionOperations';

const before: Parameter = {
  name: 'before',
  in: 'query',
  schema: wholeNumber('Only the nearest messages with a smaller `seq`. Not together with `after`.', {
    minimum: 0,
  }),
  example: 101,
};

const after: Parameter = {
  name: 'after',
  in: 'query',
  schema: wholeNumber('Only the nearest messages with a larger `seq`. Not together with `before`.', {
    minimum: 0,
  }),
  example: 0,
};

const messages = { tag: 'Messages', path: '/api/sessions/{sessionId}/messages' } as const;

const sent: Content = {
  schema: object<{ message: Message; reply: Message | null }>('A message and the reply to it.', {
    message: ref('Message'),
    reply: described(
      nullable(ref('Message')),
      'Null while the responder has not replied yet. The reply then arrives as an event.',
    ),
  }),
  example: { message: MESSAGE, reply: REPLY },
};

export const stoppedMessage: SchemaOf<Message | null> = described(
  nullable(ref('Message')),
  'The reply: what had arrived of it, or all of it if it was stored before. Null if it could not be stored in time; it will be.',
);

const regenerated: Content = {
  schema: object<{ variant: number }>('The reply that is made.', {
    variant: wholeNumber('Its number.', { minimum: 2 }),
  }),
  example: { variant: 2 },
};

const messageId: Parameter = {
  name: 'messageId',
  in: 'path',
  schema: givenUuid('The `messageId` of the user message.'),
  example: MESSAGE.messageId,
};

/** The messages of a session: `/api/sessions/{sessionId}/messages`. */
export const MESSAGE_OPERATIONS = [
  apiCall({
    ...messages,
    id: 'listMessages',
    method: 'get',
    summary: 'Read the messages',
    description:
      'Ascending by `seq`. Without `before` and `after`: the latest page. To read older messages, pass the smallest `seq` of a ' +
      'page as `before`; to read newer ones, pass the largest as `after`.',
    parameters: [sessionId, before, after, limit],
    successes: [
      {
        status: 200,
        description: 'A page of messages.',
        content: { schema: ref('MessagePage'), example: { messages: [MESSAGE, REPLY], hasMore: false } },
      },
    ],
    codes: ['NOT_FOUND', 'FORBIDDEN'],
  }),
  apiCall({
    ...messages,
    id: 'sendMessage',
    method: 'post',
    summary: 'Send a message',
    description:
      "The same as the socket's `message` event, for clients without a socket. The response is sent once the message is on " +
      'disk. A session id that does not exist yet creates the session.',
    parameters: [sessionId],
    body: {
      schema: object<{ content: string; clientMessageId?: string; replaces?: string }>('The message.', {
        content,
        clientMessageId: optional(clientMessageId),
        replaces: optional(replaces),
      }),
      example: { content: MESSAGE.content, clientMessageId: MESSAGE.clientMessageId },
    },
    successes: [
      { status: 201, description: 'Stored.', content: sent },
      { status: 200, description: 'A repeated `clientMessageId`: the first result.', content: sent },
    ],
    codes: ['NOT_FOUND', 'FORBIDDEN', 'CONFLICT', 'RATE_LIMITED'],
    isRateLimited: true,
  }),
  apiCall({
    ...messages,
    path: '/api/sessions/{sessionId}/messages/{messageId}/reply',
    id: 'stopReply',
    method: 'delete',
    summary: 'Stop a reply',
    description:
      'The same as the socket\'s `stop-reply` event. What has arrived of the reply is stored, with `finish: "stopped"`. Idempotent.',
    parameters: [sessionId, messageId],
    successes: [
      {
        status: 200,
        description: 'The reply.',
        content: {
          schema: object<{ message: Message | null }>('The reply.', { message: stoppedMessage }),
          example: { message: STOPPED_REPLY },
        },
      },
    ],
    codes: ['NOT_FOUND', 'FORBIDDEN'],
  }),
  apiCall({
    ...messages,
    path: '/api/sessions/{sessionId}/messages/{messageId}/replies',
    id: 'regenerateReply',
    method: 'post',
    summary: 'Make a further reply',
    description:
      "The same as the socket's `regenerate` event. The reply arrives as a message with this `variant`, beside the others. " +
      '`CONFLICT` if the newest reply has another number, or is still being made.',
    parameters: [sessionId, messageId],
    body: {
      schema: object<{ variant: number }>('The number of the reply.', { variant }),
      example: { variant: 2 },
    },
    successes: [
      {
        status: 202,
        description: 'The reply will be made, whatever happens to this server.',
        content: regenerated,
      },
      { status: 200, description: 'A repeat: this is the newest reply already.', content: regenerated },
    ],
    codes: ['NOT_FOUND', 'FORBIDDEN', 'CONFLICT', 'RATE_LIMITED'],
    isRateLimited: true,
  }),
  apiCall({
    ...messages,
    path: '/api/sessions/{sessionId}/drafts',
    id: 'listDrafts',
    method: 'get',
    summary: 'Read the replies that are being made',
    description: 'For clients without a socket; others get them with `join-session` and `reply` events.',
    parameters: [sessionId],
    successes: [
      {
        status: 200,
        description: 'The drafts; empty if no reply is being made.',
        content: {
          schema: object<{ drafts: Draft[] }>('Drafts.', {
            drafts: list(ref('Draft'), 'The drafts of the session.'),
          }),
          example: { drafts: [DRAFT] },
        },
      },
    ],
    codes: ['NOT_FOUND', 'FORBIDDEN'],
  }),
];
