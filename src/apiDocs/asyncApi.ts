import type { ErrorCode } from '../domain/errors';
import { DOCUMENTED_ORIGIN, LOGIN_TIMEOUT_MS, MAX_FRAME_BYTES } from '../domain/limits';
import {
  API_VERSION,
  ASYNCAPI_VERSION,
  type AsyncApiDocument,
  type EventMessage,
  type EventOperation,
  LICENSE,
  type Reference,
  TOKEN_SCHEME,
} from './documents';
import { CLIENT_EVENTS, type ClientEvent, SERVER_EVENTS, type ServerEvent } from './events';
import { failureExample, TOKEN } from './examples';
import { constant, type JsonSchema, object, text } from './jsonSchema';
import { ref, schemasUsedBy } from './schemas';

const DESCRIPTION = `The events of Socket.IO 4. The handshake carries the \`token\` of a login:
\`io(url, { auth: { token } })\`, or an \`Authorization: Bearer\` header.

Unknown members of an object in a client event are ignored, and null for an optional member counts as leaving it out.

Every client event may request an ack: \`{ok: true, …}\` or \`{ok: false, error}\`. A failure without an ack is reported as
an \`error\` event. Accounts and history are read over REST: see \`/api/openapi.json\`.`;

const CHANNEL_DESCRIPTION =
  'The main namespace. One connection carries one socket. A connection that is not authenticated within ' +
  `${LOGIN_TIMEOUT_MS / 1000} s is closed. Frames are limited to ${MAX_FRAME_BYTES / 1024} KB.`;

const CHANNEL: Reference = { $ref: '#/channels/socket' };

/** Describes every event, in both directions, as AsyncAPI 3.0. `origin` is that of the server. */
export function buildAsyncApi(origin = DOCUMENTED_ORIGIN): AsyncApiDocument {
  const messages = eventMessages();
  return {
    asyncapi: ASYNCAPI_VERSION,
    info: {
      title: 'Smart Chat Server: events',
      version: API_VERSION,
      description: DESCRIPTION,
      license: LICENSE,
    },
    defaultContentType: 'application/json',
    servers: {
      chat: {
        host: new URL(origin).host,
        protocol: 'socket.io',
        protocolVersion: '4',
        pathname: '/socket.io/',
        description: `The server that served this document: \`${origin}\`.`,
        security: [{ $ref: '#/components/securitySchemes/token' }],
      },
    },
    channels: {
      socket: {
        address: '/',
        description: CHANNEL_DESCRIPTION,
        messages: Object.fromEntries(
          Object.keys(messages).map((key) => [key, { $ref: `#/components/messages/${key}` }]),
        ),
      },
    },
    operations: eventOperations(),
    components: {
      messages,
      schemas: schemasUsedBy(messages),
      securitySchemes: { token: TOKEN_SCHEME },
    },
  };
}

const connection: EventMessage = {
  name: 'connect',
  title: 'Connect',
  summary: 'Authenticate the socket',
  description: 'The payload is passed to `io(url, { auth })`. A refused socket receives `connect_error`.',
  payload: object<{ token: string }>('The login.', { token: text('The `token` of the latest pair.') }),
  examples: [{ name: 'Connect', payload: { token: TOKEN } }],
};

function eventMessages(): Record<string, EventMessage> {
  const messages: Record<string, EventMessage> = { connect: connection };
  for (const event of CLIENT_EVENTS) {
    messages[`client-${event.name}`] = eventMessage(event);
    messages[`${event.name}-ack`] = ackMessage(event);
  }
  for (const event of SERVER_EVENTS) messages[`server-${event.name}`] = eventMessage(event);
  return messages;
}

function eventMessage(event: ClientEvent | ServerEvent): EventMessage {
  const { name, summary, description, payload, examples } = event;
  return { name, title: summary, summary, description, payload, examples };
}

function ackMessage({ name, ack, codes }: ClientEvent): EventMessage {
  return {
    name: `${name} ack`,
    title: `The ack of ${name}`,
    summary: `The result of ${name}`,
    description: `A failure has one of these codes: ${codes.map((code) => `\`${code}\``).join(', ')}.`,
    payload: { oneOf: [ack.schema, failureSchema(codes)] },
    examples: [
      { name: 'Success', payload: ack.example },
      ...codes.map((code) => ({
        name: code,
        payload: { ok: false, error: { code, ...failureExample(code) } },
      })),
    ],
  };
}

function failureSchema(codes: readonly ErrorCode[]): JsonSchema {
  return object<{ ok: false; error: object }>('The event failed and had no effect.', {
    ok: constant(false, 'The event failed.'),
    error: { ...ref('EventFailure'), properties: { code: { enum: codes } } },
  });
}

function eventOperations(): Record<string, EventOperation> {
  const operations: Record<string, EventOperation> = {
    'receive-connect': eventOperation('receive', connection, 'connect'),
  };
  for (const event of CLIENT_EVENTS) {
    operations[`receive-${event.name}`] = {
      ...eventOperation('receive', event, `client-${event.name}`),
      reply: { channel: CHANNEL, messages: [messageReference(`${event.name}-ack`)] },
    };
  }
  for (const event of SERVER_EVENTS) {
    operations[`send-${event.name}`] = eventOperation('send', event, `server-${event.name}`);
  }
  return operations;
}

function eventOperation(
  action: EventOperation['action'],
  { name, summary }: { name: string; summary: string },
  key: string,
): EventOperation {
  return { action, title: name, summary, channel: CHANNEL, messages: [messageReference(key)] };
}

function messageReference(key: string): Reference {
  return { $ref: `${CHANNEL.$ref}/messages/${key}` };
}
