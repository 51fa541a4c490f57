import type { ErrorCode } from '../../domain/errors';
import { failureExample } from '../examples';
import { constant, type JsonSchema, object } from '../schemas/jsonSchema';
import { ref } from '../schemas/namedTypes';
import type { ClientEvent, PayloadExample, ServerEvent } from './eventDescription';

/** What goes over the socket in one direction, as AsyncAPI has it. */
export interface Message {
  /** The name of the event. */
  name: string;
  title: string;
  summary: string;
  description: string;
  payload: JsonSchema;
  examples: readonly PayloadExample[];
}

export function messageOf(event: ClientEvent | ServerEvent): Message {
  const { name, summary, description, payload, examples } = event;
  return { name, title: summary, summary, description, payload, examples };
}

/** The ack of an event: its success, or a failure with one of its codes. */
export function ackOf({ name, ack, codes }: ClientEvent): Message {
  return {
    name: `${name} ack`,
    title: `The ack of ${name}`,
    summary: `What ${name} is answered`,
    description: `A failure has one of the codes ${codes.map((code) => `\`${code}\``).join(', ')}.`,
    payload: { oneOf: [ack.schema, failureSchema(codes)] },
    examples: [
      { name: 'Done', payload: ack.example },
      ...codes.map((code) => ({
        name: code,
        payload: { ok: false, error: { code, ...failureExample(code) } },
      })),
    ],
  };
}

function failureSchema(codes: readonly ErrorCode[]): JsonSchema {
  return object<{ ok: false; error: object }>('The event was refused; nothing of it was done.', {
    ok: constant(false, 'The event was refused.'),
    error: { ...ref('EventFailure'), properties: { code: { enum: codes } } },
  });
}
