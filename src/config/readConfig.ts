import { type DatabaseConfig, databaseUrl } from './database';
import {
  ConfigError,
  type EnvironmentReader,
  loadEnvironment,
  misspeltNames,
  nameWarnings,
  readEnvironment,
} from './environment';
import { nodeId, origins, redisUrl, type TrustProxy, trustedProxies } from './network';
import { type ResponderConfig, readResponder } from './responder';
import { type ExternalAuthConfig, readExternalAuth, secretProblems, sharedSecretProblems } from './secrets';
import {
  accentColor,
  duration,
  host,
  integer,
  metricsPort,
  oneOf,
  onOff,
  port,
  splitList,
  title,
} from './values';

// Programs need one import for their configuration.
export { ConfigError, loadEnvironment };

/** The configuration of the server, deeply frozen. */
export interface Config {
  readonly environment: 'production' | 'development' | 'test';
  readonly host: string;
  /** 0 is any free port. */
  readonly port: number;
  readonly database: DatabaseConfig;
  /** The first one signs, all of them verify. Empty only outside production, if none is set. */
  readonly jwtSecrets: readonly string[];
  readonly jwtExpiresInMs: number;
  /** Always longer than `jwtExpiresInMs`. */
  readonly refreshExpiresInMs: number;
  /** In the form that browsers send. `['*']`, outside production only, allows every origin. */
  readonly corsOrigins: readonly string[];
  /** Whether every loopback origin is allowed too: everywhere but in production. */
  readonly loopbackOrigins: boolean;
  readonly trustProxy: TrustProxy;
  readonly bcryptRounds: number;
  /** A rate of 0 is no limit. */
  readonly authRatePerMinute: number;
  readonly connectRatePerMinute: number;
  readonly messageRatePerSecond: number;
  /** Whether the chat page and the client library are served. */
  readonly webClient: boolean;
  /** The name of the chat page. */
  readonly webTitle: string;
  /** The accent color of the chat page as `#rrggbb`; null for its own green. */
  readonly webAccent: string | null;
  /** Whether visitors may create accounts. */
  readonly signUp: boolean;
  /** Whether visitors may chat without an account. */
  readonly guests: boolean;
  /** Null without a backend whose tokens are accepted. */
  readonly externalAuth: ExternalAuthConfig | null;
  readonly responder: ResponderConfig;
  /** Streamed replies that are made concurrently. */
  readonly responderConcurrency: number;
  readonly repliesPerUser: number;
  /** 0 is no limit. */
  readonly tokensPerUserPerDay: number;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** Null when metrics are off. */
  readonly metricsPort: number | null;
  /** The Redis or Valkey that carries hints between nodes; null without one. Always null with SQLite. */
  readonly redisUrl: string | null;
  /** The name of this node in connection ids and logs; null for a random one. */
  readonly nodeId: string | null;
}

const ENVIRONMENTS = ['production', 'development', 'test'] as const;
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const rate = integer(0, 1_000_000);

/**
 * Parses an environment, without side effects. An empty variable counts as not set. Throws a `ConfigError` that names every
 * invalid variable. Warnings are about unsafe settings; some of them production rejects. No message contains a secret or a password.
 */
export function readConfig(env: NodeJS.ProcessEnv): { config: Config; warnings: string[] } {
  const reader = readEnvironment(env);
  const { config, warnings } = readSettings(reader);
  const { problems, allValid } = reader;
  if (allValid('JWT_EXPIRES_IN', 'REFRESH_EXPIRES_IN')) problems.push(...lifetimeProblems(config));
  if (allValid('PORT', 'METRICS_PORT')) problems.push(...portProblems(config));
  if (allValid('DATABASE_URL', 'REDIS_URL')) problems.push(...redisProblems(config));
  problems.push(...sharedSecretProblems(config.jwtSecrets, config.externalAuth));
  const inProduction = productionProblems(config);
  if (config.environment === 'production') problems.push(...inProduction);
  if (problems.length > 0) throw new ConfigError(problems);
  if (config.environment !== 'production') warnings.push(...inProduction);
  return { config: Object.freeze(config), warnings };
}

/** Warnings about names of `.env` and of the environment that are probably misspelt. Throws a `ConfigError` for a file that can't be read. */
export function readNameWarnings(file?: string): string[] {
  return nameWarnings(settingNames(), file);
}

/** The names of `settings` that are probably misspelt, each with the one that is probably meant. */
export function misspeltSettings(settings: NodeJS.ProcessEnv): [string, string | null][] {
  return misspeltNames(settings, settingNames());
}

function settingNames(): ReadonlySet<string> {
  const reader = readEnvironment({});
  readSettings(reader);
  return reader.names;
}

function readSettings(reader: EnvironmentReader): { config: Config; warnings: string[] } {
  const { read } = reader;
  const { responder, warnings } = readResponder(reader);
  const environment = read('NODE_ENV', 'development', oneOf(ENVIRONMENTS));
  const config: Config = {
    environment,
    host: read('HOST', '0.0.0.0', host),
    port: read('PORT', '3001', port),
    database: readDatabase(read),
    jwtSecrets: Object.freeze(read('JWT_SECRET', '', splitList)),
    jwtExpiresInMs: read('JWT_EXPIRES_IN', '1h', duration),
    refreshExpiresInMs: read('REFRESH_EXPIRES_IN', '30d', duration),
    corsOrigins: Object.freeze(read('CORS_ORIGIN', 'http://localhost:3000', origins)),
    loopbackOrigins: environment !== 'production',
    trustProxy: Object.freeze(read('TRUST_PROXY', 'false', trustedProxies)),
    bcryptRounds: read('BCRYPT_ROUNDS', '12', integer(10, 20)),
    authRatePerMinute: read('AUTH_RATE_PER_MINUTE', '10', rate),
    connectRatePerMinute: read('CONNECT_RATE_PER_MINUTE', '300', rate),
    messageRatePerSecond: read('MESSAGE_RATE_PER_SECOND', '20', rate),
    webClient: read('WEB_CLIENT', 'on', onOff),
    webTitle: read('WEB_TITLE', 'Smart Chat', title),
    webAccent: read('WEB_ACCENT', '', accentColor),
    signUp: read('SIGNUP', 'on', onOff),
    guests: read('GUESTS', 'off', onOff),
    externalAuth: readExternalAuth(reader),
    responder,
    responderConcurrency: read('RESPONDER_CONCURRENCY', '32', integer(1, 10_000)),
    repliesPerUser: read('REPLIES_PER_USER', '2', integer(1, 10_000)),
    tokensPerUserPerDay: read('TOKENS_PER_USER_PER_DAY', '0', integer(0, 1_000_000_000_000)),
    logLevel: read('LOG_LEVEL', 'info', oneOf(LOG_LEVELS)),
    metricsPort: read('METRICS_PORT', 'off', metricsPort),
    redisUrl: read('REDIS_URL', '', redisUrl),
    nodeId: read('NODE_ID', '', nodeId),
  };
  return { config, warnings };
}

/** Parses `DATABASE_URL` alone, for programs that don't serve. Throws a `ConfigError` if it is invalid. */
export function readDatabaseConfig(env: NodeJS.ProcessEnv): DatabaseConfig {
  const { read, problems } = readEnvironment(env);
  const database = readDatabase(read);
  if (problems.length > 0) throw new ConfigError(problems);
  return database;
}

function readDatabase(read: EnvironmentReader['read']): DatabaseConfig {
  return Object.freeze(read('DATABASE_URL', 'sqlite://./data/chat.db', databaseUrl));
}

function lifetimeProblems({ jwtExpiresInMs, refreshExpiresInMs }: Config): string[] {
  if (refreshExpiresInMs > jwtExpiresInMs) return [];
  return [
    `REFRESH_EXPIRES_IN is ${refreshExpiresInMs / 1000} s and JWT_EXPIRES_IN is ${jwtExpiresInMs / 1000} s; ` +
      'REFRESH_EXPIRES_IN must be longer, such as "30d" with "1h".',
  ];
}

function portProblems({ port, metricsPort }: Config): string[] {
  if (port === 0 || port !== metricsPort) return [];
  return [`METRICS_PORT and PORT are both ${port}; give METRICS_PORT another port, or "off".`];
}

function redisProblems({ redisUrl, database }: Config): string[] {
  if (redisUrl === null || database.kind === 'mongodb') return [];
  return [
    'REDIS_URL is set, but only one server can use a SQLite database; set DATABASE_URL to a MongoDB database ' +
      'for several nodes, or remove REDIS_URL.',
  ];
}

/** The settings that production rejects; elsewhere they are warnings. A missing secret is created outside production. */
function productionProblems(config: Config): string[] {
  const problems = secretProblems(config.jwtSecrets);
  const key = config.externalAuth?.key;
  if (key?.kind === 'secret') problems.push(...secretProblems([key.secret], 'AUTH_SECRET'));
  if (config.corsOrigins.includes('*')) {
    problems.push(
      'CORS_ORIGIN is "*", which lets every web page use this server; set it to the origins of your front end, ' +
        'such as "https://chat.example.com".',
    );
  }
  if (config.environment === 'production' && config.jwtSecrets.length === 0) {
    problems.push('JWT_SECRET is not set; set it to at least 32 random bytes in production.');
  }
  return problems;
}
