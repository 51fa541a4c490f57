import type { PathOperation } from '../../../src/apiDocs/documents';
import { headerMistakes } from './answerHeaders';
import { codeOf, noteAnswer } from './seen';
import { mistakeIn, openApi } from './validation';
import { report } from './violations';

/** An answer, and what it answers. */
export interface Exchange {
  method: string;
  /** With or without a query. */
  path: string;
  status: number;
  /** With names in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  text: string;
}

/** Reports whatever in an answer of the server is not as its document says. */
export function holdAnswer(exchange: Exchange): void {
  for (const mistake of mistakesIn(exchange)) report(mistake);
}

/** What in an answer is not documented. */
export function mistakesIn(exchange: Exchange): string[] {
  const { method, status } = exchange;
  const path = exchange.path.split('?')[0] ?? '';
  if (method === 'OPTIONS' || path.startsWith('/socket.io')) return [];
  const route = findRoute(method === 'HEAD' ? 'get' : method.toLowerCase(), path);
  const mistakes = route ? documentedMistakes(exchange, route) : unknownRouteMistakes(exchange, path);
  return mistakes.map((mistake) => `${method} ${path} answered ${status}: ${mistake}`);
}

interface Route {
  template: string;
  method: string;
  operation: PathOperation;
}

const ROUTES: readonly (Route & { pattern: RegExp })[] = Object.entries(openApi.paths).flatMap(
  ([template, item]) =>
    Object.entries(item).map(([method, operation]) => {
      // As Express takes paths: in any case, with or without a slash at the end.
      const pattern = new RegExp(
        `^${template.replaceAll(/\{\w+\}/g, '[^/]+').replaceAll('.', '\\.')}/?$`,
        'i',
      );
      return { template, method, operation, pattern };
    }),
);

function findRoute(method: string, path: string): Route | undefined {
  return ROUTES.find((route) => route.method === method && route.pattern.test(path));
}

function documentedMistakes(exchange: Exchange, { template, method, operation }: Route): string[] {
  const { status, headers, text } = exchange;
  const answer = operation.responses[status];
  if (!answer) return ['this status is not documented'];
  const isHead = exchange.method === 'HEAD';
  const place = ['paths', template, method, 'responses', String(status)];
  const body = isHead ? null : bodyMistake(answer.content, mediaTypeOf(headers), text, place);
  const mistakes = [...(body === null ? [] : [body]), ...headerMistakes(answer.headers, headers)];
  if (mistakes.length === 0 && !isHead)
    noteAnswer(operation.operationId, status, status < 400 ? '' : codeOf(text));
  return mistakes;
}

function bodyMistake(
  content: Record<string, unknown> | undefined,
  mediaType: string,
  text: string,
  place: readonly string[],
): string | null {
  if (!content) return text === '' ? null : `no body is documented, and there is ${text}`;
  if (!(mediaType in content)) return `the type ${mediaType} is not documented`;
  const value: unknown = /[/+]json$/.test(mediaType) ? parse(text) : text;
  return mistakeIn(value, 'openApi', ...place, 'content', mediaType, 'schema');
}

/** What is no route is a problem; what is not of the API may be a page. */
function unknownRouteMistakes({ method, status, headers, text }: Exchange, path: string): string[] {
  if (status < 400) return /^\/api(\/|$)/i.test(path) ? ['this route is not documented'] : [];
  if (method === 'HEAD') return [];
  if (mediaTypeOf(headers) !== 'application/problem+json') return ['it is no problem of the API'];
  const mistake = mistakeIn(parse(text), 'openApi', 'components', 'schemas', 'Problem');
  return mistake === null ? [] : [mistake];
}

function mediaTypeOf(headers: Exchange['headers']): string {
  return String(headers['content-type'] ?? '').split(';')[0] ?? '';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
