import { STATUS_CODES } from 'node:http';
import { ERROR_CATALOGUE, type ErrorCode } from '../../domain/errors';
import { problemExample } from '../examples';
import type { JsonSchema } from '../schemas/jsonSchema';
import { ref } from '../schemas/namedTypes';
import { type Headers, headersOf } from './headers';
import type { Content, Operation } from './operation';

/** An example with a name, as OpenAPI has it. */
export interface Example {
  summary: string;
  value: unknown;
}

export interface MediaType {
  schema: JsonSchema;
  example?: unknown;
  examples?: Record<string, Example>;
}

/** An answer of a route, as OpenAPI has it. */
export interface Answer {
  description: string;
  headers: Headers;
  content?: Record<string, MediaType>;
}

/** Every answer of an operation, by its status. */
export function answersOf(operation: Operation): Record<string, Answer> {
  const answers: Record<string, Answer> = {};
  for (const { status, description, content } of operation.successes) {
    answers[status] = {
      description,
      headers: headersOf(operation, status),
      ...(content && { content: contentOf(content) }),
    };
  }
  if (operation.method === 'get') {
    answers[304] = { description: 'As `If-None-Match` says.', headers: headersOf(operation, 304) };
  }
  for (const [status, codes] of byStatus(operation.codes))
    answers[status] = refusal(operation, status, codes);
  return answers;
}

/** A body as OpenAPI has it. */
export function contentOf({ mediaType = 'application/json', schema, example }: Content) {
  return { [mediaType]: { schema, example } } satisfies Record<string, MediaType>;
}

function byStatus(codes: readonly ErrorCode[]): Map<number, ErrorCode[]> {
  const groups = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = ERROR_CATALOGUE[code];
    groups.set(status, [...(groups.get(status) ?? []), code]);
  }
  return groups;
}

function refusal(operation: Operation, status: number, codes: readonly ErrorCode[]): Answer {
  const path = operation.parameters.reduce(
    (filled, { name, example }) => filled.replace(`{${name}}`, String(example)),
    operation.path,
  );
  const examples = codes.map((code) => [
    code,
    { summary: ERROR_CATALOGUE[code].title, value: problemExample(code, path) },
  ]);
  return {
    description: `${STATUS_CODES[status] ?? 'Refused'}: ${codes.map((code) => `\`${code}\``).join(', ')}.`,
    headers: headersOf(operation, status),
    content: {
      'application/problem+json': {
        schema: { ...ref('Problem'), properties: { status: { const: status }, code: { enum: codes } } },
        examples: Object.fromEntries(examples),
      },
    },
  };
}
