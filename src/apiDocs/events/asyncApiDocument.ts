import type { LICENSE } from '../about';
import type { JsonSchema } from '../schemas/jsonSchema';
import type { Message } from './messages';

export interface Reference {
  $ref: string;
}

/** An event as AsyncAPI has it; who receives or sends it is the server. */
export interface EventOperation {
  action: 'receive' | 'send';
  title: string;
  summary: string;
  channel: Reference;
  messages: readonly Reference[];
  reply?: { channel: Reference; messages: readonly Reference[] };
}

/** The part of AsyncAPI 3.0 that the document of this server has. */
export interface AsyncApiDocument {
  asyncapi: string;
  info: { title: string; version: string; description: string; license: typeof LICENSE };
  defaultContentType: string;
  servers: Record<string, object>;
  channels: Record<string, { address: string; description: string; messages: Record<string, Reference> }>;
  operations: Record<string, EventOperation>;
  components: {
    messages: Record<string, Message>;
    schemas: Record<string, JsonSchema>;
    securitySchemes: Record<string, object>;
  };
}
