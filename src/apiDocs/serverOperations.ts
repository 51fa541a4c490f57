import type { ErrorCode } from '../domain/errors';
import { ASYNCAPI_VERSION, OPENAPI_VERSION } from './documents';
import { constant, type JsonSchema, object } from './jsonSchema';
import type { Content, Operation } from './operation';

const ok: Content = {
  schema: object<{ status: 'ok' }>('The check passed.', { status: constant('ok', 'Always `ok`.') }),
  example: { status: 'ok' },
};

const page: Content = {
  mediaType: 'text/html',
  schema: { type: 'string', description: 'The page.' },
  example: '<!doctype html>…',
};

function documentContent(member: string, version: string): Content {
  const schema: JsonSchema = { type: 'object', description: 'The document.', required: [member] };
  return { schema, example: { [member]: version } };
}

type Details = Pick<Operation, 'id' | 'path' | 'summary' | 'description' | 'caching'>;

function publicRead(
  details: Details,
  description: string,
  content: Content,
  codes: readonly ErrorCode[] = [],
): Operation {
  return {
    ...details,
    method: 'get',
    tag: 'Server',
    isPublic: true,
    parameters: [],
    successes: [{ status: 200, description, content }],
    codes,
    isRateLimited: false,
  };
}

/** Health checks and documentation. */
export const SERVER_OPERATIONS = [
  publicRead(
    {
      id: 'isLive',
      path: '/healthz',
      summary: 'Liveness check',
      description: 'For process supervisors: restart the process if it does not respond.',
    },
    'The process is alive.',
    ok,
  ),
  publicRead(
    {
      id: 'isReady',
      path: '/readyz',
      summary: 'Readiness check',
      description: 'For load balancers: 503 while the database is unreachable or the process is stopping.',
    },
    'The server can handle requests.',
    ok,
    ['UNAVAILABLE'],
  ),
  publicRead(
    {
      id: 'openApiDocument',
      caching: 'no-cache',
      path: '/api/openapi.json',
      summary: 'The routes as OpenAPI 3.1',
      description: 'For client generators and other tools.',
    },
    'The document.',
    documentContent('openapi', OPENAPI_VERSION),
  ),
  publicRead(
    {
      id: 'asyncApiDocument',
      caching: 'no-cache',
      path: '/api/asyncapi.json',
      summary: 'The events as AsyncAPI 3.0',
      description: 'For client generators and other tools.',
    },
    'The document.',
    documentContent('asyncapi', ASYNCAPI_VERSION),
  ),
  publicRead(
    {
      id: 'reference',
      caching: 'no-cache',
      path: '/docs',
      summary: 'The API reference',
      description: 'Both documents, guides and the client library as one page.',
    },
    'The page.',
    page,
  ),
];
