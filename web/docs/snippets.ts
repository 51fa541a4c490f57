import type { PathOperation } from '../../src/apiDocs/documents';
import { DOCUMENTED_ORIGIN } from '../../src/domain/limits';
import type { Snippet } from './Code';

/** A constant, so that a search for imports of this package does not find the snippet. */
export const SOCKET_PACKAGE = 'socket.io-client';

/** Connects a client, with the token in the environment variable `TOKEN`. */
export const CONNECT = `import { io } from '${SOCKET_PACKAGE}';

const socket = io('${DOCUMENTED_ORIGIN}', {
  auth: { token: process.env.TOKEN },
});`;

/** A call of a route with the examples of the document. */
interface Call {
  method: string;
  url: string;
  needsToken: boolean;
  /** Undefined for a request without a body. */
  body: unknown;
  /** How the body of a success is read; null if there is none. */
  response: 'json' | 'text' | null;
}

/** The same call in each language. Each reads the token from the environment variable `TOKEN`, and runs as it is. */
export function callSnippets(method: string, path: string, operation: PathOperation): Snippet[] {
  const call = callOf(method, path, operation);
  return [
    { title: 'curl', language: 'shell', code: curlSnippet(call) },
    { title: 'JavaScript', language: 'js', code: jsSnippet(call) },
    { title: 'Python', language: 'python', code: pythonSnippet(call) },
  ];
}

function callOf(method: string, path: string, operation: PathOperation): Call {
  const { security, requestBody, parameters = [], responses } = operation;
  const filled = parameters.reduce(
    (url, { name, example }) => url.replace(`{${name}}`, String(example)),
    path,
  );
  const query = parameters.filter(({ schema }) => schema.default !== undefined);
  const search = query.map(({ name, example }) => `${name}=${example}`).join('&');
  const [success] = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  const mediaTypes = Object.keys(success?.[1].content ?? {});
  return {
    method: method.toUpperCase(),
    url: `${DOCUMENTED_ORIGIN}${filled}${search && `?${search}`}`,
    needsToken: security.length > 0,
    body: requestBody?.content['application/json']?.example,
    response: mediaTypes.includes('application/json') ? 'json' : mediaTypes.length > 0 ? 'text' : null,
  };
}

function curlSnippet({ method, url, needsToken, body }: Call): string {
  const lines = [
    `curl ${method === 'GET' ? '' : `-X ${method} `}'${url}'`,
    ...(needsToken ? ['-H "Authorization: Bearer $TOKEN"'] : []),
    ...(body === undefined ? [] : ["-H 'Content-Type: application/json'", `-d '${shellText(body)}'`]),
  ];
  return lines.join(' \\\n  ');
}

function shellText(value: unknown): string {
  return JSON.stringify(value).replaceAll("'", "'\\''");
}

const JS_READS = {
  json: 'console.log(response.status, await response.json());',
  text: 'console.log(response.status, await response.text());',
};

function jsSnippet({ method, url, needsToken, body, response }: Call): string {
  const headers = [
    ...(needsToken ? [`Authorization: \`Bearer \${process.env.TOKEN}\`,`] : []),
    ...(body === undefined ? [] : ["'Content-Type': 'application/json',"]),
  ];
  const options = [
    ...(method === 'GET' ? [] : [`method: '${method}',`]),
    ...(headers.length > 0 ? ['headers: {', ...indented(headers, 2), '},'] : []),
    ...(body === undefined ? [] : [`body: JSON.stringify(${jsValue(body)}),`]),
  ];
  const init = options.length > 0 ? `, {\n${indented(options, 2).join('\n')}\n}` : '';
  const read = response === null ? 'console.log(response.status);' : JS_READS[response];
  return `const response = await fetch('${url}'${init});\n${read}`;
}

const PYTHON_READS = {
  json: 'print(response.status, json.load(response))',
  text: 'print(response.status, response.read().decode())',
};

function pythonSnippet({ method, url, needsToken, body, response }: Call): string {
  const imports = [
    ...(response === 'json' || body !== undefined ? ['import json'] : []),
    ...(needsToken ? ['import os'] : []),
    'from urllib.request import Request, urlopen',
  ];
  const headers = [
    ...(needsToken ? [`"Authorization": "Bearer " + os.environ["TOKEN"],`] : []),
    ...(body === undefined ? [] : ['"Content-Type": "application/json",']),
  ];
  const options = [
    `"${url}",`,
    ...(method === 'GET' ? [] : [`method="${method}",`]),
    ...(headers.length > 0 ? ['headers={', ...indented(headers, 4), '},'] : []),
    ...(body === undefined ? [] : [`data=json.dumps(${pythonValue(body)}).encode(),`]),
  ];
  return [
    ...imports,
    '',
    'request = Request(',
    ...indented(options, 4),
    ')',
    'with urlopen(request) as response:',
    `    ${response === null ? 'print(response.status)' : PYTHON_READS[response]}`,
  ].join('\n');
}

/** Sends an event and waits for its ack. */
export function emitSnippet(event: string, payload: unknown): string {
  return `const ack = await socket.emitWithAck('${event}', ${jsValue(payload)});`;
}

/** Listens to an event. */
export function listenSnippet(event: string, parameter: string): string {
  return `socket.on('${event}', (${parameter}) => {\n  // …\n});`;
}

function indented(texts: readonly string[], spaces: number): string[] {
  return texts.map((text) => text.replaceAll(/^/gm, ' '.repeat(spaces)));
}

/** A JSON value as JavaScript source. */
function jsValue(value: unknown): string {
  if (typeof value === 'string') return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(jsValue).join(', ')}]`;
  return members(value, 2, ([key, member]) => `${key}: ${jsValue(member)},`);
}

/** A JSON value as Python source. */
function pythonValue(value: unknown): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(pythonValue).join(', ')}]`;
  return members(value, 4, ([key, member]) => `"${key}": ${pythonValue(member)},`);
}

function members(value: object, spaces: number, line: (member: [string, unknown]) => string): string {
  return `{\n${indented(Object.entries(value).map(line), spaces).join('\n')}\n}`;
}
