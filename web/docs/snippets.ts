import type { PathOperation } from '../../src/apiDocs/documents';
import { DOCUMENTED_ORIGIN } from '../../src/domain/limits';

/** A constant, so that a search for imports of this package does not find the snippet. */
const SOCKET_PACKAGE = 'socket.io-client';

/** Connects a client. */
export const CONNECT = `import { io } from '${SOCKET_PACKAGE}';

const socket = io('${DOCUMENTED_ORIGIN}', {
  auth: { token },
});`;

/** A call with curl. The token is in a shell variable. */
export function curlSnippet(method: string, path: string, operation: PathOperation): string {
  const { security, requestBody, parameters = [] } = operation;
  const filled = parameters.reduce(
    (url, { name, example }) => url.replace(`{${name}}`, String(example)),
    path,
  );
  const query = parameters.filter(({ schema }) => schema.default !== undefined);
  const search = query.map(({ name, example }) => `${name}=${example}`).join('&');
  const body = requestBody?.content['application/json']?.example;
  const lines = [
    `curl ${method === 'get' ? '' : `-X ${method.toUpperCase()} `}'${DOCUMENTED_ORIGIN}${filled}${search && `?${search}`}'`,
    ...(security.length > 0 ? ['-H "Authorization: Bearer $TOKEN"'] : []),
    ...(body === undefined ? [] : ["-H 'Content-Type: application/json'", `-d '${shellText(body)}'`]),
  ];
  return lines.join(' \\\n  ');
}

function shellText(value: unknown): string {
  return JSON.stringify(value).replaceAll("'", "'\\''");
}

/** Sends an event and waits for its ack. */
export function emitSnippet(event: string, payload: unknown): string {
  return `const ack = await socket.emitWithAck('${event}', ${jsValue(payload)});`;
}

/** Listens to an event. */
export function listenSnippet(event: string, parameter: string): string {
  return `socket.on('${event}', (${parameter}) => {\n  // …\n});`;
}

/** A JSON value as JavaScript source. */
function jsValue(value: unknown): string {
  if (typeof value === 'string') return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  if (typeof value !== 'object' || value === null) return String(value);
  const members = Object.entries(value).map(([key, member]) => `  ${key}: ${jsValue(member)},`);
  return `{\n${members.join('\n')}\n}`;
}
