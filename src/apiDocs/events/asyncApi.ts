import { LOGIN_TIMEOUT_MS, MAX_FRAME_BYTES } from '../../domain/limits';
import { API_VERSION, ASYNCAPI_VERSION, BEARER_TOKEN, LICENSE } from '../about';
import { schemasUsedBy } from '../schemas/namedSchemas';
import type { AsyncApiDocument } from './asyncApiDocument';
import { eventOperations, messagesOfBothSides } from './operations';

const DESCRIPTION = `The events of Socket.IO 4. The handshake carries the \`token\` of a login:
\`io(url, { auth: { token } })\`, or an \`Authorization: Bearer\` header.

Every event of a client may ask for an ack: \`{ok: true, …}\`, or \`{ok: false, error}\`. What fails without one is answered with
an \`error\` event. Accounts and history are read over REST: see \`/api/openapi.json\`.`;

const CHANNEL_DESCRIPTION =
  'The main namespace. One connection carries one socket. A connection that has not logged in after ' +
  `${LOGIN_TIMEOUT_MS / 1000} s is closed; frames have at most ${MAX_FRAME_BYTES / 1024} KB.`;

/** Describes every event, in both directions, as AsyncAPI 3.0. */
export function buildAsyncApi(): AsyncApiDocument {
  const messages = messagesOfBothSides();
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
        host: '{host}',
        protocol: 'socket.io',
        protocolVersion: '4',
        pathname: '/socket.io/',
        description: 'The server that this document comes from.',
        variables: { host: { default: 'localhost:3001', description: 'The address of the server.' } },
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
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: BEARER_TOKEN },
      },
    },
  };
}
