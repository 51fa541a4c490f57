import { NAME_FROM_CONTENT_LENGTH } from '../../domain/limits';
import type { Message, MessagePage } from '../../domain/message';
import type { Session, SessionPage } from '../../domain/session';
import { clientMessageId, sessionName, time, uuid } from './formats';
import { described, flag, list, nullable, object, oneOf, optional, text, wholeNumber } from './jsonSchema';
import { ref } from './namedTypes';

export const session = object<Session>(
  "A conversation of one user with the server, on all the user's devices.",
  {
    id: uuid('The id of the session.'),
    userId: uuid('Whose session it is.'),
    name: nullable(
      described(
        sessionName,
        `Given by the user, or the first ${NAME_FROM_CONTENT_LENGTH} characters of the first message; ` +
          'null before there is either.',
      ),
    ),
    createdAt: time('When it was made.'),
    lastMessageAt: nullable(time('The time of its latest message; null before the first one.')),
    lastSeq: wholeNumber('The `seq` of its latest message; 0 before the first one.', { minimum: 0 }),
  },
);

export const sessionPage = object<SessionPage>('Sessions, newest activity first.', {
  sessions: list(ref('Session'), 'The sessions of this page.'),
  nextCursor: nullable(text('Pass it as `cursor` for the next page; null on the last one.')),
});

export const message = object<Message>('A stored message, the same over REST and sockets.', {
  messageId: uuid('A UUIDv7: ids of later messages sort after those of earlier ones.'),
  sessionId: uuid('The session it is in.'),
  seq: wholeNumber('Its place in the session: 1, 2, 3 … without a gap.', { minimum: 1 }),
  sender: oneOf(['user', 'server'], 'Who wrote it.'),
  content: text('The text, exactly as it was sent.'),
  timestamp: time('When the server took it.'),
  clientMessageId: optional(clientMessageId),
  replyTo: optional(uuid('On a message of the server: the `messageId` of the one it answers.')),
});

export const messagePage = object<MessagePage>('Messages, ascending by `seq`.', {
  messages: list(ref('Message'), 'The messages of this page.'),
  hasMore: flag('Whether there are more in the direction read.'),
});
