import type { Method, OpenApiDocument, PathOperation } from '../../src/apiDocs/documents';
import { DOCUMENTED_ORIGIN } from '../../src/domain/limits';

interface PostmanItem {
  name: string;
  request: {
    method: string;
    description: string;
    auth?: { type: 'noauth' };
    header: { key: string; value: string }[];
    url: {
      raw: string;
      host: string[];
      path: string[];
      query: { key: string; value: string; disabled: true }[];
      variable: { key: string; value: string }[];
    };
    body?: { mode: 'raw'; raw: string; options: { raw: { language: 'json' } } };
  };
  event?: { listen: 'test'; script: { type: 'text/javascript'; exec: string[] } }[];
}

export interface PostmanCollection {
  info: { name: string; description: string; schema: string };
  auth: { type: 'bearer'; bearer: { key: 'token'; value: string; type: 'string' }[] };
  variable: { key: string; value: string }[];
  item: { name: string; description: string; item: PostmanItem[] }[];
}

/** After a login, the later requests have its tokens. */
const KEEP_TOKENS = [
  'const result = pm.response.json();',
  "if (result.token) pm.collectionVariables.set('token', result.token);",
  "if (result.refreshToken) pm.collectionVariables.set('refreshToken', result.refreshToken);",
];

/** Derives a collection for Postman, which Bruno and Insomnia import too, from the OpenAPI document: a folder for each group of routes. */
export function buildPostmanCollection({ info, tags, paths }: OpenApiDocument): PostmanCollection {
  const all = Object.entries(paths).flatMap(([path, item]) =>
    operationsOf(item).map(([method, operation]) => ({ path, method, operation })),
  );
  return {
    info: {
      name: info.title,
      description: info.description,
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
    },
    auth: { type: 'bearer', bearer: [{ key: 'token', value: '{{token}}', type: 'string' }] },
    variable: [
      { key: 'baseUrl', value: DOCUMENTED_ORIGIN },
      { key: 'token', value: '' },
      { key: 'refreshToken', value: '' },
    ],
    item: tags.map(({ name, description }) => ({
      name,
      description,
      item: all
        .filter(({ operation }) => operation.tags.includes(name))
        .map(({ path, method, operation }) => toItem(path, method, operation)),
    })),
  };
}

function operationsOf(item: Partial<Record<Method, PathOperation>>): [string, PathOperation][] {
  return Object.entries(item);
}

function toItem(path: string, method: string, operation: PathOperation): PostmanItem {
  const { summary, description, security, parameters = [], requestBody } = operation;
  const parametersIn = (place: string) => parameters.filter((parameter) => parameter.in === place);
  const path_ = path.replaceAll(/\{(\w+)\}/g, ':$1');
  const example = requestBody?.content['application/json']?.example;
  const isLogin = JSON.stringify(operation.responses).includes('#/components/schemas/AuthResult');
  return {
    name: summary,
    request: {
      method: method.toUpperCase(),
      description,
      ...(security.length === 0 && { auth: { type: 'noauth' as const } }),
      header: requestBody ? [{ key: 'Content-Type', value: 'application/json' }] : [],
      url: {
        raw: `{{baseUrl}}${path_}`,
        host: ['{{baseUrl}}'],
        path: path_.split('/').filter((part) => part !== ''),
        query: parametersIn('query').map(({ name, example }) => ({
          key: name,
          value: String(example),
          disabled: true,
        })),
        variable: parametersIn('path').map(({ name, example }) => ({ key: name, value: String(example) })),
      },
      ...(example !== undefined && { body: jsonBody(example) }),
    },
    ...(isLogin && { event: [{ listen: 'test', script: { type: 'text/javascript', exec: KEEP_TOKENS } }] }),
  };
}

function jsonBody(example: unknown): NonNullable<PostmanItem['request']['body']> {
  const kept =
    typeof example === 'object' && example !== null && 'refreshToken' in example
      ? { ...example, refreshToken: '{{refreshToken}}' }
      : example;
  return { mode: 'raw', raw: JSON.stringify(kept, null, 2), options: { raw: { language: 'json' } } };
}
