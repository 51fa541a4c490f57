import type { PathOperation } from '../../src/apiDocs/documents';
import request, { type Test } from '../support/documents/request';
import { answerName } from '../support/documents/seen';
import { openApi } from '../support/documents/validation';

/** A documented route that can be called. */
export interface Route {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  path: string;
  operation: PathOperation;
}

export const ROUTES: readonly Route[] = Object.entries(openApi.paths).flatMap(([path, item]) =>
  (['get', 'post', 'put', 'patch', 'delete'] as const).flatMap((method) => {
    const operation = item[method];
    return operation ? [{ method, path, operation }] : [];
  }),
);

export interface CallOptions {
  token?: string;
  /** Values of path parameters. Others take the examples of the document. */
  parameters?: Readonly<Record<string, string>>;
  /** Replaces the example of the document. */
  body?: object | string;
  headers?: Readonly<Record<string, string>>;
}

/** Calls a route with the examples of its document, except for the options. */
export function call(url: string, { method, path, operation }: Route, options: CallOptions = {}): Test {
  const { token, parameters = {}, headers = {} } = options;
  const filled = (operation.parameters ?? []).reduce(
    (template, { name, example }) => template.replace(`{${name}}`, parameters[name] ?? String(example)),
    path,
  );
  const sent = request(url)[method](filled).set(headers);
  if (token !== undefined) sent.set('Authorization', `Bearer ${token}`);
  const body = options.body ?? operation.requestBody?.content['application/json']?.example;
  return typeof body === 'string'
    ? sent.serialize((text) => text).send(body)
    : sent.send(Object(body ?? undefined));
}

/** The route with this name. */
export function route(operationId: string): Route {
  const found = ROUTES.find(({ operation }) => operation.operationId === operationId);
  if (!found) throw new Error(`there is no route ${operationId}`);
  return found;
}

/** Every documented response of a route: each status, and for an error each code. */
export function answersOf({ operation }: Route): string[] {
  return Object.entries(operation.responses).flatMap(([status, { content }]) => {
    const codes = Object.keys(content?.['application/problem+json']?.examples ?? {});
    const names = codes.map((code) => answerName(operation.operationId, status, code));
    return codes.length === 0 ? [answerName(operation.operationId, status)] : names;
  });
}

/** The routes that document this code. */
export function routesWith(code: string): Route[] {
  return ROUTES.filter((each) => answersOf(each).some((name) => name.endsWith(` ${code}`)));
}
