import type { ErrorCode } from '../../domain/errors';
import { ASYNCAPI_VERSION, OPENAPI_VERSION } from '../about';
import { constant, type JsonSchema, object } from '../schemas/jsonSchema';
import type { Content, Operation } from './operation';

const ok: Content = {
  schema: object<{ status: 'ok' }>('All is well.', { status: constant('ok', 'Always `ok`.') }),
  example: { status: 'ok' },
};

const page: Content = {
  mediaType: 'text/html',
  schema: { type: 'string', description: 'The page.' },
  example: '<!doctype html>…',
};

function documentOf(member: string, version: string): Content {
  const schema: JsonSchema = { type: 'object', description: 'The document.', required: [member] };
  return { schema, example: { [member]: version } };
}

function read(
  operation: Pick<Operation, 'id' | 'path' | 'summary' | 'description' | 'caching'>,
  answer: string,
  content: Content,
  codes: readonly ErrorCode[] = [],
): Operation {
  return {
    ...operation,
    method: 'get',
    tag: 'Server',
    isPublic: true,
    parameters: [],
    successes: [{ status: 200, description: answer, content }],
    codes,
    tellsLimit: false,
  };
}

/** What the server says of itself, to anyone. */
export const SERVER_OPERATIONS = [
  read(
    {
      id: 'isLive',
      path: '/healthz',
      summary: 'Does the process live?',
      description: 'For supervisors: restart the process if it does not answer.',
    },
    'It lives.',
    ok,
  ),
  read(
    {
      id: 'isReady',
      path: '/readyz',
      summary: 'Can it serve?',
      description: 'For load balancers: 503 while the database is out of reach or the process is stopping.',
    },
    'It can serve.',
    ok,
    ['UNAVAILABLE'],
  ),
  read(
    {
      id: 'openApiDocument',
      caching: 'no-cache',
      path: '/api/openapi.json',
      summary: 'The routes as OpenAPI 3.1',
      description: 'For generators of clients and for tools.',
    },
    'The document.',
    documentOf('openapi', OPENAPI_VERSION),
  ),
  read(
    {
      id: 'asyncApiDocument',
      caching: 'no-cache',
      path: '/api/asyncapi.json',
      summary: 'The events as AsyncAPI 3.0',
      description: 'For generators of clients and for tools.',
    },
    'The document.',
    documentOf('asyncapi', ASYNCAPI_VERSION),
  ),
  read(
    {
      id: 'reference',
      caching: 'no-cache',
      path: '/docs',
      summary: 'The reference, to read',
      description: 'Both documents as one page, made by the server itself.',
    },
    'The page.',
    page,
  ),
];
