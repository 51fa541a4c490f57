import { TOKEN } from '../examples';
import { object, text } from '../schemas/jsonSchema';
import type { EventOperation, Reference } from './asyncApiDocument';
import { CLIENT_EVENTS } from './clientEvents';
import { ackOf, type Message, messageOf } from './messages';
import { SERVER_EVENTS } from './serverEvents';

const CHANNEL: Reference = { $ref: '#/channels/socket' };

const connection: Message = {
  name: 'connect',
  title: 'Connect',
  summary: 'Log the socket in',
  description: 'The payload is what `io(url, { auth })` is given. A refused socket gets `connect_error`.',
  payload: object<{ token: string }>('The login.', { token: text('The `token` of the latest pair.') }),
  examples: [{ name: 'Connect', payload: { token: TOKEN } }],
};

/** What goes over the socket, in both directions. */
export function messagesOfBothSides(): Record<string, Message> {
  const messages: Record<string, Message> = { connect: connection };
  for (const event of CLIENT_EVENTS) {
    messages[`client-${event.name}`] = messageOf(event);
    messages[`${event.name}-ack`] = ackOf(event);
  }
  for (const event of SERVER_EVENTS) messages[`server-${event.name}`] = messageOf(event);
  return messages;
}

/** What the server receives and sends. */
export function eventOperations(): Record<string, EventOperation> {
  const all: Record<string, EventOperation> = {
    'receive-connect': operation('receive', connection, 'connect'),
  };
  for (const event of CLIENT_EVENTS) {
    all[`receive-${event.name}`] = {
      ...operation('receive', event, `client-${event.name}`),
      reply: { channel: CHANNEL, messages: [inChannel(`${event.name}-ack`)] },
    };
  }
  for (const event of SERVER_EVENTS) {
    all[`send-${event.name}`] = operation('send', event, `server-${event.name}`);
  }
  return all;
}

function operation(
  action: EventOperation['action'],
  { name, summary }: { name: string; summary: string },
  key: string,
): EventOperation {
  return { action, title: name, summary, channel: CHANNEL, messages: [inChannel(key)] };
}

function inChannel(key: string): Reference {
  return { $ref: `${CHANNEL.$ref}/messages/${key}` };
}
