import type { Message } from '../../domain/message';
import { MESSAGE, REPLY } from '../examples';
import { clientMessageId, content } from '../schemas/formats';
import { described, nullable, object, optional } from '../schemas/jsonSchema';
import { ref } from '../schemas/namedTypes';
import { apiCall, type Content } from './operation';
import { after, before, limit, sessionId } from './pageParameters';

const messages = { tag: 'Messages', path: '/api/sessions/{sessionId}/messages' } as const;

const sent: Content = {
  schema: object<{ message: Message; reply: Message | null }>('A message and what the server answered.', {
    message: ref('Message'),
    reply: described(
      nullable(ref('Message')),
      'Null until the responder has answered; it comes as an event then.',
    ),
  }),
  example: { message: MESSAGE, reply: REPLY },
};

/** The messages of a session: `/api/sessions/{sessionId}/messages`. */
export const MESSAGE_OPERATIONS = [
  apiCall({
    ...messages,
    id: 'listMessages',
    method: 'get',
    summary: 'Read the messages',
    description:
      'Ascending by `seq`. Without `before` and `after` the latest page; `before` the smallest `seq` of a page reads ' +
      'on into the past, `after` the largest one into the present.',
    parameters: [sessionId, before, after, limit],
    successes: [
      {
        status: 200,
        description: 'A page of messages.',
        content: { schema: ref('MessagePage'), example: { messages: [MESSAGE, REPLY], hasMore: false } },
      },
    ],
    codes: ['NOT_FOUND'],
  }),
  apiCall({
    ...messages,
    id: 'sendMessage',
    method: 'post',
    summary: 'Send a message',
    description:
      "The same as the socket's `message`, for clients without one: the answer comes when the message is on disk. A UUID " +
      'that nobody has as a session makes a new session.',
    parameters: [sessionId],
    body: {
      schema: object<{ content: string; clientMessageId?: string }>('The message.', {
        content,
        clientMessageId: optional(clientMessageId),
      }),
      example: { content: MESSAGE.content, clientMessageId: MESSAGE.clientMessageId },
    },
    successes: [
      { status: 201, description: 'Stored.', content: sent },
      { status: 200, description: 'A repeated `clientMessageId`: the first result again.', content: sent },
    ],
    codes: ['NOT_FOUND', 'RATE_LIMITED'],
    tellsLimit: true,
  }),
];
