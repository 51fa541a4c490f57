import { type Application, createApplication } from './application';
import { databaseName } from './config/database';
import { urlInNetwork, urlOfServer } from './config/network';
import { type Config, ConfigError, loadEnvironment, readConfig, readNameWarnings } from './config/readConfig';
import { secretsOf } from './config/secrets';
import { NodeRefused } from './fleet/nodes';
import type { PrometheusMeter } from './metrics/prometheusMeter';
import { openFailure } from './stores/open';
import { createLogger, flushStdout, type Logger } from './utils/logger';
import { PageMissingError } from './utils/pageFiles';
import { isSystemError } from './utils/systemError';

/** How long a stop waits for the reader of the log, in milliseconds. With the steps of `Application.close` it stays below 10 s. */
const LOG_FLUSH_MS = 200;

async function main(): Promise<void> {
  ignoreLostOutput();
  const config = configure();
  const logger = createLogger(config.logLevel);
  try {
    const meter = config.metricsPort === null ? null : await createMeter();
    const application = await createApplication(config, { logger, ...(meter && { meter }) });
    stopOnSignals(application, logger);
    // First, so that a METRICS_PORT that is taken doesn't end a server that already has clients.
    if (config.metricsPort !== null && meter) {
      const { serveMetrics } = await import('./metrics/prometheusMeter.js');
      await serveMetrics(config.metricsPort, config.host, meter);
    }
    const { port } = await application.start();
    process.stdout.write(startReport(config, port));
  } catch (error) {
    const reason = startFailure(error, config);
    if (reason === null) throw error;
    fail(reason);
  }
}

/** Neither a closed pipe nor a full disk behind stdout or stderr may end the server. */
function ignoreLostOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}

/** Loaded only when metrics are on. */
async function createMeter(): Promise<PrometheusMeter> {
  const { createPrometheusMeter } = await import('./metrics/prometheusMeter.js');
  const meter = createPrometheusMeter();
  meter.addProcessMetrics();
  return meter;
}

function configure(): Config {
  try {
    // First, as a misspelt name may be why another setting is missing.
    warn(readNameWarnings());
    const { config, warnings } = readConfig(loadEnvironment());
    warn(warnings);
    return { ...config, jwtSecrets: secretsOf(config) };
  } catch (error) {
    if (error instanceof ConfigError) fail(error.message);
    throw error;
  }
}

/** A terminal and npm may both deliver the same Ctrl+C. Signals within this time count as one, in milliseconds. */
const SAME_SIGNAL_MS = 100;

function warn(warnings: readonly string[]): void {
  for (const warning of warnings) process.stderr.write(`Warning: ${warning}\n`);
}

/** The first SIGTERM or SIGINT stops the server gracefully, the second one ends the process immediately. */
function stopOnSignals(application: Application, logger: Logger): void {
  let stoppingSince: number | null = null;
  const stop = async (signal: NodeJS.Signals) => {
    const now = performance.now();
    if (stoppingSince !== null) {
      if (now - stoppingSince > SAME_SIGNAL_MS) endImmediately();
      return;
    }
    stoppingSince = now;
    logger.info({ signal }, 'stopping');
    await application.close();
    await flushStdout(LOG_FLUSH_MS);
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** `process.exit` alone would wait for the database thread, which may be waiting for a lock or the disk. */
function endImmediately(): never {
  process.kill(process.pid, 'SIGKILL');
  // SIGKILL has no effect on the first process of a container.
  process.exit(1);
}

function fail(reason: string): never {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
}

const DEVELOPMENT_WARNING = `Warning: this server is set up for development: pages of every loopback origin may use it, and without JWT_SECRET the secret that signs
tokens is kept in data/. Before others use it, set NODE_ENV=production and JWT_SECRET.

`;

function startReport(config: Config, port: number): string {
  const url = urlOfServer(config.host, port);
  const networkUrl = config.environment === 'production' ? null : urlInNetwork(config.host, port);
  return `
Smart Chat Server listens on ${url} and stores its data in ${databaseName(config.database)}.
${networkUrl === null ? '' : `Other devices in your network reach it at ${networkUrl}\n`}
${config.webClient ? `Open ${url} in your browser to chat.\n\nOr try it from a shell:` : 'Try it:'}
  curl -s ${url}/api/auth/signup -H 'Content-Type: application/json' \\
    -d '{"username":"johndoe","email":"john@example.com","password":"securepassword123"}'

The response contains a token. A JavaScript client sends and receives messages with it:
  const socket = io('${url}', { auth: { token } });
  socket.on('message', console.log);
  socket.emit('message', { sessionId: crypto.randomUUID(), content: 'Hello, server!' });

${config.environment === 'production' ? '' : DEVELOPMENT_WARNING}Press Ctrl+C to stop the server.
`;
}

/** The system's errors for a `HOST` that is not an address of this machine; the last one is for an IPv6 address without its zone. */
const NO_SUCH_ADDRESS = ['EADDRNOTAVAIL', 'ENOTFOUND', 'EINVAL'];

/** Explains in one sentence why the server can't start and what to do; null for an unexpected error. */
function startFailure(error: unknown, { host, port, database }: Config): string | null {
  const place = `${host}:${port}`;
  if (isSystemError(error, 'EADDRINUSE')) {
    const { address, variable } = listenerIn(error, place, port);
    return `Another program already listens on ${address}: stop it, or choose another ${variable}.`;
  }
  if (isSystemError(error, 'EACCES')) {
    const { address, variable } = listenerIn(error, place, port);
    return `This user may not listen on ${address}: choose a ${variable} from 1024 to 65535.`;
  }
  if (NO_SUCH_ADDRESS.some((code) => isSystemError(error, code))) {
    return `This machine has no address ${host}: set HOST to one of its addresses, or to 0.0.0.0 for all of them.`;
  }
  if (error instanceof ConfigError) return error.message;
  if (error instanceof PageMissingError) {
    return `The chat page is not in ${error.directory}: build it with "npm run build", or set WEB_CLIENT=off.`;
  }
  if (error instanceof NodeRefused) return error.message;
  return openFailure(error, database);
}

/** The address where the server could not listen, and the variable that sets its port. */
function listenerIn(error: unknown, place: string, port: number): { address: string; variable: string } {
  const address = error instanceof Error ? /\S+:\d+$/.exec(error.message)?.[0] : undefined;
  // HOST may be a name, while the system reports an address, so only the port is compared.
  const isPort = address === undefined || address.endsWith(`:${port}`);
  return { address: address ?? place, variable: isPort ? 'PORT' : 'METRICS_PORT' };
}

void main();
