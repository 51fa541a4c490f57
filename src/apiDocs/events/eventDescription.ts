import type { ErrorCode } from '../../domain/errors';
import type { ClientToServerEvents, ServerToClientEvents } from '../../domain/events';
import type { JsonSchema } from '../schemas/jsonSchema';

/** A payload that is right, and when one sends it. */
export interface PayloadExample {
  name: string;
  payload: unknown;
}

/** An event that a client sends, and its ack. */
export interface ClientEvent {
  name: keyof ClientToServerEvents;
  summary: string;
  description: string;
  payload: JsonSchema;
  examples: readonly PayloadExample[];
  ack: { schema: JsonSchema; example: object };
  /** Every code that its ack, or an `error` event, can have. */
  codes: readonly ErrorCode[];
}

/** What the server sends by itself. */
export interface ServerEvent {
  name: keyof ServerToClientEvents | 'connect_error';
  summary: string;
  description: string;
  payload: JsonSchema;
  examples: readonly PayloadExample[];
}
