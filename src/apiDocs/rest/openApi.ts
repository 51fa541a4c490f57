import { API_VERSION, BEARER_TOKEN, LICENSE, OPENAPI_VERSION } from '../about';
import type { JsonSchema } from '../schemas/jsonSchema';
import { schemasUsedBy } from '../schemas/namedSchemas';
import { type Answer, answersOf, contentOf, type MediaType } from './answers';
import { HEADERS, type Header } from './headers';
import type { Operation, Parameter } from './operation';
import { OPERATIONS, TAGS } from './operations';

/** A route as OpenAPI has it. */
export interface PathOperation {
  operationId: string;
  tags: readonly string[];
  summary: string;
  description: string;
  security: readonly Record<string, readonly string[]>[];
  parameters?: readonly (Parameter & { required: boolean })[];
  requestBody?: { required: boolean; content: Record<string, MediaType> };
  responses: Record<string, Answer>;
}

export type PathItem = Partial<Record<Operation['method'], PathOperation>>;

/** The part of OpenAPI 3.1 that the document of this server has. */
export interface OpenApiDocument {
  openapi: string;
  info: { title: string; version: string; summary: string; description: string; license: typeof LICENSE };
  servers: readonly { url: string; description: string }[];
  tags: typeof TAGS;
  paths: Record<string, PathItem>;
  components: {
    schemas: Record<string, JsonSchema>;
    headers: Record<string, Header>;
    securitySchemes: Record<string, object>;
  };
}

const DESCRIPTION = `JSON in, JSON out. Times are ISO 8601 in UTC, ids are UUIDs, unknown members of a body are ignored.

Send the \`token\` of a login as \`Authorization: Bearer <token>\`, except to routes without security.

What fails is answered as \`application/problem+json\` (RFC 9457): \`code\` is for programs, \`detail\` for people. A path
that is none of these is answered with 404 and \`NOT_FOUND\`, what is someone else's too.

\`HEAD\` answers like \`GET\`, without a body. Messages are sent and heard live over Socket.IO: see \`/api/asyncapi.json\`.`;

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
    servers: [{ url: '/', description: 'The server that this document comes from.' }],
    tags: TAGS,
    paths,
    components: {
      schemas: schemasUsedBy(paths),
      headers: HEADERS,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: BEARER_TOKEN },
      },
    },
  };
}

function pathsOf(operations: readonly Operation[]): Record<string, PathItem> {
  const paths: Record<string, PathItem> = {};
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describe(operation) };
  }
  return paths;
}

function describe(operation: Operation): PathOperation {
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
    ...(body && { requestBody: { required: body.isOptional !== true, content: contentOf(body) } }),
    responses: answersOf(operation),
  };
}
