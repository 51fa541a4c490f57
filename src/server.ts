import { type Application, createApplication } from './application';
import { loadOrCreateSecret } from './config/developmentSecret';
import { type Config, ConfigError, loadEnvironment, readConfig } from './config/readConfig';
import { serveMetrics } from './metrics/metricsServer';
import type { PrometheusMeter } from './metrics/prometheusMeter';
import { startFailure, startReport } from './startTexts';
import { createLogger, type Logger } from './utils/logger';

/** Where the secret of a server without `JWT_SECRET` is kept, outside production. */
const SECRET_DIRECTORY = 'data';

async function main(): Promise<void> {
  const config = configure();
  const logger = createLogger(config.logLevel);
  try {
    const meter = config.metricsPort === null ? null : await createMeter();
    const application = await createApplication(config, { logger, ...(meter && { meter }) });
    stopOnSignals(application, logger);
    const { port } = await application.start();
    if (config.metricsPort !== null && meter) await serveMetrics(config.metricsPort, config.host, meter);
    process.stdout.write(startReport(config, port));
  } catch (error) {
    const reason = startFailure(error, config);
    if (reason === null) throw error;
    fail(reason);
  }
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
    const { config, warnings } = readConfig(loadEnvironment());
    for (const warning of warnings) process.stderr.write(`Warning: ${warning}\n`);
    if (config.jwtSecrets.length > 0) return config;
    return { ...config, jwtSecrets: [keptSecret()] };
  } catch (error) {
    if (error instanceof ConfigError) fail(error.message);
    throw error;
  }
}

function keptSecret(): string {
  try {
    return loadOrCreateSecret(SECRET_DIRECTORY);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return fail(`JWT_SECRET is not set, and none can be kept in ${SECRET_DIRECTORY}/: ${reason}`);
  }
}

/** The first SIGTERM or SIGINT finishes what is under way, a second one ends the process at once. */
function stopOnSignals(application: Application, logger: Logger): void {
  let stopping = false;
  const stop = async (signal: NodeJS.Signals) => {
    if (stopping) endAtOnce();
    stopping = true;
    logger.info({ signal }, 'stopping');
    await application.close();
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** `process.exit` alone would wait for the thread of the database, which may wait for a lock or the disk. */
function endAtOnce(): never {
  process.kill(process.pid, 'SIGKILL');
  // The first process of a container can't kill itself.
  process.exit(1);
}

function fail(reason: string): never {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
}

void main();
