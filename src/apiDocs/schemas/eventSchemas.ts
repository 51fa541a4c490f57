import type { JoinTarget, SendPayload } from '../../domain/events';
import { clientMessageId, content, uuid } from './formats';
import { object, optional, wholeNumber } from './jsonSchema';

export const sessionId = uuid('The session. A UUID that nobody has makes a new one.');

export const joinTarget = object<JoinTarget>('A session, and what the client has of it.', {
  sessionId,
  after: optional(
    wholeNumber('The last `seq` the client has, 0 for none: the answer has what came after it.', {
      minimum: 0,
    }),
  ),
});

export const sendPayload = object<SendPayload>('A message to send.', {
  sessionId,
  content,
  clientMessageId: optional(clientMessageId),
});
