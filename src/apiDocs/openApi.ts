import { ACCOUNT_OPERATIONS, LOGIN_OPERATIONS } from './accountOperations';
import {
  API_VERSION,
  LICENSE,
  OPENAPI_VERSION,
  type OpenApiDocument,
  type PathOperation,
  TOKEN_SCHEME,
} from './documents';
import { MESSAGE_OPERATIONS } from './messageOperations';
import type { Operation } from './operation';
import { HEADERS, mediaTypesOf, responsesOf } from './responses';
import { schemasUsedBy } from './schemas';
import { SERVER_OPERATIONS } from './serverOperations';
import { SESSION_OPERATIONS } from './sessionOperations';

/** Every route of the server. */
const OPERATIONS: readonly Operation[] = [
  ...LOGIN_OPERATIONS,
  ...ACCOUNT_OPERATIONS,
  ...SESSION_OPERATIONS,
  ...MESSAGE_OPERATIONS,
  ...SERVER_OPERATIONS,
];

/** The groups of routes, in the order of the document. */
const TAGS: OpenApiDocument['tags'] = [
  { name: 'Accounts', description: 'Sign up, log in and out, and manage the account.' },
  { name: 'Devices', description: 'Each login is a device. List the devices, or log one out.' },
  { name: 'Sessions', description: 'The conversations of a user.' },
  { name: 'Messages', description: 'Read the history, or send a message without a socket.' },
  { name: 'Server', description: 'Health checks and documentation. Public.' },
];

const DESCRIPTION = `Requests and responses are JSON. Times are ISO 8601 in UTC, and ids are UUIDs. Unknown members of a request body are
ignored, and null for an optional member counts as leaving it out.

Send the \`token\` of a login as \`Authorization: Bearer <token>\`, except to public routes.

Errors are \`application/problem+json\` (RFC 9457): \`code\` is for programs, \`detail\` for people. An unknown path, and anything
that belongs to another user, is 404 with \`NOT_FOUND\`. Only a browser that opens an unknown path outside \`/api\` gets a page instead.

\`HEAD\` works wherever \`GET\` does. Live messages are sent and received over Socket.IO: see \`/api/asyncapi.json\`.`;

/** Describes every route of the server as OpenAPI 3.1. */
export function buildOpenApi(): OpenApiDocument {
  const paths = pathsOf(OPERATIONS);
  return {
    openapi: OPENAPI_VERSION,
    info: {
      title: 'Smart Chat Server: REST',
      version: API_VERSION,
      summary: 'Accounts, sessions and messages of a chat.',
      description: DESCRIPTION,
      license: LICENSE,
    },
    servers: [{ url: '/', description: 'The server that served this document.' }],
    tags: TAGS,
    paths,
    components: {
      schemas: schemasUsedBy(paths),
      headers: HEADERS,
      securitySchemes: { token: TOKEN_SCHEME },
    },
  };
}

function pathsOf(operations: readonly Operation[]): OpenApiDocument['paths'] {
  const paths: OpenApiDocument['paths'] = {};
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: pathOperation(operation) };
  }
  return paths;
}

function pathOperation(operation: Operation): PathOperation {
  const { id, tag, summary, description, isPublic, parameters, body } = operation;
  return {
    operationId: id,
    tags: [tag],
    summary,
    description,
    security: isPublic ? [] : [{ token: [] }],
    ...(parameters.length > 0 && {
      parameters: parameters.map((parameter) => ({ ...parameter, required: parameter.in === 'path' })),
    }),
    ...(body && { requestBody: { required: body.isOptional !== true, content: mediaTypesOf(body) } }),
    responses: responsesOf(operation),
  };
}
