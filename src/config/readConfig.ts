import { readFileSync } from 'node:fs';
import { parse } from 'dotenv';
import { isSystemError } from '../utils/systemError';
import { type DatabaseConfig, databaseUrl } from './database';
import { type EnvironmentReader, readEnvironment } from './environmentReader';
import { splitList } from './list';
import { ConfigError, quote } from './mistake';
import { origins, type TrustProxy, trustedProxies } from './network';
import { secretProblems } from './secrets';
import { duration, host, integer, metricsPort, oneOf, onOff, port } from './values';

export { ConfigError };

/** How this server runs. Frozen, all the way down. */
export interface Config {
  readonly environment: 'production' | 'development' | 'test';
  readonly host: string;
  /** 0 stands for any free one. */
  readonly port: number;
  readonly database: DatabaseConfig;
  /** The first signs, all verify. Empty only outside production, when none is set. */
  readonly jwtSecrets: readonly string[];
  readonly jwtExpiresInMs: number;
  /** Always longer than `jwtExpiresInMs`. */
  readonly refreshExpiresInMs: number;
  /** As browsers send them. `['*']`, outside production only, stands for every origin. */
  readonly corsOrigins: readonly string[];
  readonly trustProxy: TrustProxy;
  readonly bcryptRounds: number;
  /** The three limits: 0 turns one off. */
  readonly authRatePerMinute: number;
  readonly connectRatePerMinute: number;
  readonly messageRatePerSecond: number;
  /** Whether the chat page and the client library are served. */
  readonly webClient: boolean;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** Null when metrics are off. */
  readonly metricsPort: number | null;
}

const ENVIRONMENTS = ['production', 'development', 'test'] as const;
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const rate = integer(0, 1_000_000);

/**
 * Turns an environment into the configuration, and touches nothing else. An empty variable counts as not set.
 * Throws a `ConfigError` that names every mistake. Warnings are for what works here but would not do in production.
 * Neither a mistake nor a warning contains a secret or a password.
 */
export function readConfig(env: NodeJS.ProcessEnv): { config: Config; warnings: string[] } {
  const { read, problems, allRight } = readEnvironment(env);
  const config: Config = {
    environment: read('NODE_ENV', 'development', oneOf(ENVIRONMENTS)),
    host: read('HOST', '0.0.0.0', host),
    port: read('PORT', '3001', port),
    database: readDatabase(read),
    jwtSecrets: Object.freeze(read('JWT_SECRET', '', splitList)),
    jwtExpiresInMs: read('JWT_EXPIRES_IN', '1h', duration),
    refreshExpiresInMs: read('REFRESH_EXPIRES_IN', '30d', duration),
    corsOrigins: Object.freeze(read('CORS_ORIGIN', 'http://localhost:3000', origins)),
    trustProxy: Object.freeze(read('TRUST_PROXY', 'false', trustedProxies)),
    bcryptRounds: read('BCRYPT_ROUNDS', '12', integer(10, 20)),
    authRatePerMinute: read('AUTH_RATE_PER_MINUTE', '10', rate),
    connectRatePerMinute: read('CONNECT_RATE_PER_MINUTE', '300', rate),
    messageRatePerSecond: read('MESSAGE_RATE_PER_SECOND', '20', rate),
    webClient: read('WEB_CLIENT', 'on', onOff),
    logLevel: read('LOG_LEVEL', 'info', oneOf(LOG_LEVELS)),
    metricsPort: read('METRICS_PORT', 'off', metricsPort),
  };
  if (allRight('JWT_EXPIRES_IN', 'REFRESH_EXPIRES_IN')) problems.push(...lifetimeProblems(config));
  if (allRight('PORT', 'METRICS_PORT')) problems.push(...portProblems(config));
  const { mistakes, warnings } = productionProblems(config);
  problems.push(...mistakes);
  if (problems.length > 0) throw new ConfigError(problems);
  return { config: Object.freeze(config), warnings };
}

/** Reads `DATABASE_URL` alone, for a program that serves nobody. Throws a `ConfigError` if it can't be used. */
export function readDatabaseConfig(env: NodeJS.ProcessEnv): DatabaseConfig {
  const { read, problems } = readEnvironment(env);
  const database = readDatabase(read);
  if (problems.length > 0) throw new ConfigError(problems);
  return database;
}

function readDatabase(read: EnvironmentReader['read']): DatabaseConfig {
  return Object.freeze(read('DATABASE_URL', 'sqlite://./data/chat.db', databaseUrl));
}

/**
 * The variables this process runs with: the real environment, completed from the file. A variable that is empty in the
 * environment counts as not set there too. Without the file, the environment alone.
 */
export function loadEnvironment(file = '.env'): NodeJS.ProcessEnv {
  const set = Object.entries(process.env).filter(([, value]) => value?.trim());
  // Kept out of the process's own environment, so that what it starts inherits no secret of the file.
  return { ...parse(readIfThere(file)), ...Object.fromEntries(set) };
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return '';
    throw new ConfigError([`The file ${quote(file)} can't be read: ${error}`]);
  }
}

function lifetimeProblems({ jwtExpiresInMs, refreshExpiresInMs }: Config): string[] {
  if (refreshExpiresInMs > jwtExpiresInMs) return [];
  return [
    `REFRESH_EXPIRES_IN is ${refreshExpiresInMs / 1000} s and JWT_EXPIRES_IN is ${jwtExpiresInMs / 1000} s; ` +
      'REFRESH_EXPIRES_IN must be the longer one, such as "30d" with "1h".',
  ];
}

function portProblems({ port, metricsPort }: Config): string[] {
  if (port === 0 || port !== metricsPort) return [];
  return [`METRICS_PORT and PORT are both ${port}; give METRICS_PORT another port, or "off".`];
}

/** What production refuses and the other environments only warn of. */
function productionProblems(config: Config): { mistakes: string[]; warnings: string[] } {
  const found = secretProblems(config.jwtSecrets);
  if (config.corsOrigins.includes('*')) {
    found.push(
      'CORS_ORIGIN is "*", which lets every web page use this server; name the origins of your front end, ' +
        'such as "https://chat.example.com".',
    );
  }
  if (config.environment !== 'production') return { mistakes: [], warnings: found };
  if (config.jwtSecrets.length === 0) {
    found.push('JWT_SECRET is not set; production needs one of at least 32 random bytes.');
  }
  return { mistakes: found, warnings: [] };
}
