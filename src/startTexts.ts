import { databaseName, mongoHosts } from './config/database';
import type { Config } from './config/readConfig';
import { ChatError } from './domain/errors';
import { UnusableDatabase } from './stores/errors';
import { PageMissingError } from './utils/pageFiles';
import { isSystemError } from './utils/systemError';

type Reachable = Pick<Config, 'host' | 'port' | 'database' | 'webClient'>;

/** What the system says of a `HOST` that is not this machine's: the last one, of an IPv6 address without its link. */
const NO_SUCH_ADDRESS = ['EADDRNOTAVAIL', 'ENOTFOUND', 'EINVAL'];

/** The first screen of a server that runs: where, on which database, and what to try first. */
export function startReport(config: Reachable, port: number): string {
  const url = urlOfServer(config.host, port);
  return `
Smart Chat Server listens on ${url} and keeps its data in ${databaseName(config.database)}.

${config.webClient ? `Open ${url} in your browser to chat.\n\nOr try it from a shell:` : 'Try it:'}
  curl -s ${url}/api/auth/signup -H 'Content-Type: application/json' \\
    -d '{"username":"johndoe","email":"john@example.com","password":"securepassword123"}'

The answer has a token. With it, a client in JavaScript sends and hears messages:
  const socket = io('${url}', { auth: { token } });
  socket.on('message', console.log);
  socket.emit('message', { sessionId: crypto.randomUUID(), content: 'Hello, server!' });

Ctrl+C stops the server.
`;
}

/** Says in one sentence why the server can't start and what to do; null for what nobody foresaw. */
export function startFailure(error: unknown, { host, port, database }: Reachable): string | null {
  const place = `${host}:${port}`;
  if (isSystemError(error, 'EADDRINUSE')) return portTaken(error, place, port);
  if (isSystemError(error, 'EACCES')) return `This user may not listen on ${place}: choose a PORT from 1024.`;
  if (NO_SUCH_ADDRESS.some((code) => isSystemError(error, code))) {
    return `This machine has no address ${host}: set HOST to one of its own, or to 0.0.0.0 for all.`;
  }
  if (error instanceof PageMissingError) {
    return `The chat page is not in ${error.directory}: build it with "npm run build", or set WEB_CLIENT=off.`;
  }
  return openFailure(error, database);
}

/** Says in one sentence why the database can't be opened and what to do; null for what nobody foresaw. */
export function openFailure(error: unknown, database: Config['database']): string | null {
  if (error instanceof UnusableDatabase) return error.advice;
  return error instanceof ChatError && error.code === 'UNAVAILABLE' ? databaseFailure(database) : null;
}

function portTaken(error: unknown, place: string, port: number): string {
  const taken = error instanceof Error ? /\S+:\d+$/.exec(error.message)?.[0] : undefined;
  // Not the host: it may be a name, and the system says an address.
  const variable = taken === undefined || taken.endsWith(`:${port}`) ? 'PORT' : 'METRICS_PORT';
  return `Another program listens on ${taken ?? place} already: stop it, or choose another ${variable}.`;
}

function databaseFailure(database: Config['database']): string {
  if (database.kind === 'sqlite') {
    return `The database file ${database.path} can't be opened: see that its folder exists, is writable and has space, and that the file is a SQLite database.`;
  }
  return (
    `No MongoDB answers at ${mongoHosts(database.url)}: start it, or correct DATABASE_URL. ` +
    'Without DATABASE_URL the server keeps its data in SQLite, in sqlite://./data/chat.db.'
  );
}

/** Where a program on the same machine reaches a server that listens on `host`. */
export function urlOfServer(host: string, port: number): string {
  return `http://${hostInUrl(host)}:${port}`;
}

function hostInUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
