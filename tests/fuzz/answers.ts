import { ERROR_CATALOGUE } from '../../src/domain/errors';
import { mistakesIn } from '../support/documents/answers';
import { excerpt, Fault } from './fault';
import type { HttpAnswer } from './http';
import { checkForLeaks } from './leaks';
import {
  checkFieldErrors,
  checkKeys,
  codeIn,
  expected,
  isText,
  type Properties,
  parseJson,
  propertiesOf,
} from './shape';

const PROBLEM_KEYS = ['type', 'title', 'status', 'detail', 'instance', 'code', 'requestId'];

/** A fault if an answer is none that the server may give. */
export function checkAnswer(answer: HttpAnswer, method: string, secret: string): void {
  const { status, headers, text } = answer;
  if (status >= 500) throw new Fault('serverError', `${status}: ${excerpt(text)}`);
  checkForLeaks(text, secret);
  if (headers['x-powered-by'] !== undefined) expected('no X-Powered-By', headers);
  if (method === 'HEAD') {
    if (text !== '') expected('no body', text);
  } else if (status >= 400) checkProblem(answer);
  else if (text !== '') checkJson(answer);
}

/** A fault if an answer is none that the document of the server names for its route. */
export function checkDocumented({ status, headers, text }: HttpAnswer, method: string, path: string): void {
  const [mistake] = mistakesIn({ method, path, status, headers, text });
  if (mistake !== undefined) throw new Fault('wrongAnswer', mistake);
}

/** What the server has for browsers: the chat page, what belongs to it, and the reference. */
const PAGES = /^\/+(docs\/?|client\.js|assets\/[^?]*)?(\?|$)/i;

/** Whether an answer is for browsers instead of programs. */
export function isPage({ status, headers, text }: HttpAnswer): boolean {
  return status < 400 && text !== '' && !headers['content-type']?.startsWith('application/json');
}

/** Whether an answer is the page for browsers at an unknown address. */
export function isNotFoundPage({ status, headers }: HttpAnswer): boolean {
  return status === 404 && headers['content-type']?.startsWith('text/html') === true;
}

/** Where a program expects JSON, whatever it accepts. */
const PROGRAMS = /^\/(api|socket\.io)(\/|\?|$)/i;

/** A fault if a program gets the page, or it is another one. */
export function checkNotFoundPage(
  { headers, text }: HttpAnswer,
  { method, path }: { method: string; path: string },
  secret: string,
): void {
  if (PROGRAMS.test(path) || !['GET', 'HEAD'].includes(method))
    expected('no page here', { method, path, text: excerpt(text) });
  if (method === 'GET' && !text.includes('<h1>Page not found</h1>'))
    expected('the page for unknown addresses', excerpt(text));
  checkPageText({ headers, text }, secret);
}

/** A fault if a page is at a place where there should be none, or tells of the victim. */
export function checkPage({ headers, text }: HttpAnswer, path: string, secret: string): void {
  if (!PAGES.test(path))
    expected('no page here', { path, type: headers['content-type'], text: excerpt(text) });
  checkPageText({ headers, text }, secret);
}

function checkPageText({ headers, text }: Pick<HttpAnswer, 'headers' | 'text'>, secret: string): void {
  if (headers['content-security-policy'] === undefined) expected('a Content-Security-Policy', headers);
  if (text.includes(secret)) throw new Fault('leak', `what is the victim's is in: ${excerpt(text)}`);
}

/** What Socket.IO itself answers is JSON of its own, or a word. */
export function checkTransportAnswer({ status, text }: HttpAnswer, secret: string): void {
  if (status >= 500) throw new Fault('serverError', `${status}: ${excerpt(text)}`);
  checkForLeaks(text, secret);
}

function checkProblem({ status, headers, text }: HttpAnswer): void {
  if (!headers['content-type']?.startsWith('application/problem+json')) {
    expected('application/problem+json', { status, type: headers['content-type'], text });
  }
  const problem = propertiesOf(parseJson(text));
  checkKeys(problem, PROBLEM_KEYS, ['errors']);
  const code = codeIn(problem.code);
  const { status: right, title } = ERROR_CATALOGUE[code];
  if (status !== right || problem.status !== status)
    expected(`status ${right} for ${code}`, { status, problem });
  if (problem.title !== title) expected(`the title "${title}"`, problem);
  if (!PROBLEM_KEYS.every((key) => key === 'status' || isText(problem[key]))) expected('texts', problem);
  if (problem.requestId !== headers['x-request-id']) expected('the request id of the header', problem);
  checkFieldErrors(problem.errors);
}

function checkJson({ status, headers, text }: HttpAnswer): Properties {
  if (!headers['content-type']?.startsWith('application/json')) {
    expected('application/json', { status, type: headers['content-type'], text });
  }
  return propertiesOf(parseJson(text));
}
