import type { JsonSchema } from './jsonSchema';

/** The parts of OpenAPI 3.1 and AsyncAPI 3.0 that this server's documents use. Types and constants only. */

export const OPENAPI_VERSION = '3.1.0';
export const ASYNCAPI_VERSION = '3.0.0';

/** The version of the protocol. It changes when clients have to change or can use something new. */
export const API_VERSION = '1.0.0';
export const LICENSE = { name: 'MIT', url: 'https://opensource.org/license/mit' };

/** The security scheme that both documents use. */
export const TOKEN_SCHEME = {
  type: 'http',
  scheme: 'bearer',
  bearerFormat: 'JWT',
  description:
    'The `token` of a login. It is valid only while its login exists: logging out revokes it immediately.',
};

export type Tag = 'Accounts' | 'Devices' | 'Sessions' | 'Messages' | 'Server';

export interface Reference {
  $ref: string;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query';
  schema: JsonSchema;
  example: string | number | boolean;
}

export interface MediaType {
  schema: JsonSchema;
  example?: unknown;
  examples?: Record<string, { summary: string; value: unknown }>;
}

export interface Header {
  description: string;
  required: boolean;
  schema: JsonSchema;
  example: string;
}

/** The headers of a response. Each refers to a header in `components.headers`. */
export type Headers = Record<string, Reference>;

export interface RestResponse {
  description: string;
  headers: Headers;
  content?: Record<string, MediaType>;
}

/** A REST route: a method of a path. */
export interface PathOperation {
  operationId: string;
  tags: readonly string[];
  summary: string;
  description: string;
  security: readonly Record<string, readonly string[]>[];
  parameters?: readonly (Parameter & { required: boolean })[];
  requestBody?: { required: boolean; content: Record<string, MediaType> };
  /** By status. */
  responses: Record<string, RestResponse>;
}

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

export interface OpenApiDocument {
  openapi: string;
  info: { title: string; version: string; summary: string; description: string; license: typeof LICENSE };
  servers: readonly { url: string; description: string }[];
  tags: readonly { name: Tag; description: string }[];
  paths: Record<string, Partial<Record<Method, PathOperation>>>;
  components: {
    schemas: Record<string, JsonSchema>;
    headers: Record<string, Header>;
    securitySchemes: Record<string, object>;
  };
}

/** The payload of an event or of its acknowledgement. */
export interface EventMessage {
  /** The name of the event. */
  name: string;
  title: string;
  summary: string;
  description: string;
  payload: JsonSchema;
  examples: readonly { name: string; payload: unknown }[];
}

/** An event, from the server's point of view: it receives the clients' events and sends its own. */
export interface EventOperation {
  action: 'receive' | 'send';
  title: string;
  summary: string;
  channel: Reference;
  messages: readonly Reference[];
  reply?: { channel: Reference; messages: readonly Reference[] };
}

export interface AsyncApiDocument {
  asyncapi: string;
  info: { title: string; version: string; description: string; license: typeof LICENSE };
  defaultContentType: string;
  servers: Record<string, object>;
  channels: Record<string, { address: string; description: string; messages: Record<string, Reference> }>;
  operations: Record<string, EventOperation>;
  components: {
    messages: Record<string, EventMessage>;
    schemas: Record<string, JsonSchema>;
    securitySchemes: Record<string, object>;
  };
}
