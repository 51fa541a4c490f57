import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TOKEN_ISSUER } from '../domain/limits';
import { isSystemError } from '../utils/systemError';
import { ConfigError, type EnvironmentReader } from './environment';
import { isPrivate } from './network';
import { InvalidValue, quote } from './values';

const MIN_BYTES = 32;
const PLACEHOLDER =
  /^<.*>$|(^|[-_. ])(your|example|placeholder|change[-_ ]?(me|it|this)|replace[-_ ]?(me|it|this)|jwt[-_ ]?secret)([-_. ]|$)/i;

/** Names every secret that is easy to guess, without showing it. */
export function secretProblems(secrets: readonly string[], variable = 'JWT_SECRET'): string[] {
  return secrets.flatMap((secret, index) => {
    const name = secrets.length === 1 ? variable : `${variable} number ${index + 1} of ${secrets.length}`;
    if (PLACEHOLDER.test(secret)) {
      return [`${name} is a placeholder; replace it with at least ${MIN_BYTES} random bytes.`];
    }
    const bytes = Buffer.byteLength(secret);
    if (bytes >= MIN_BYTES) return [];
    return [`${name} has ${bytes} bytes; it must have at least ${MIN_BYTES} random bytes.`];
  });
}

const DEVELOPMENT_BYTES = 48;
const COMPLETE = /^[A-Za-z0-9_-]{64}$/;
/** How long to wait for another process that is writing the file. */
const WRITE_TIMEOUT_MS = 1000;
const RETRY_MS = 5;

/**
 * Returns the signing secret stored in `<directory>/jwt-secret`, and creates it the first time: for machines on which
 * `JWT_SECRET` is not set, never for production. Processes that start concurrently get the same secret. Throws if the file is
 * incomplete: replacing the secret would silently end every login.
 */
export function loadOrCreateSecret(directory: string): string {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'jwt-secret');
  const secret = randomBytes(DEVELOPMENT_BYTES).toString('base64url');
  try {
    writeFileSync(file, secret, { flag: 'wx', mode: 0o600 });
    return secret;
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error;
  }
  return readWhenComplete(file);
}

function readWhenComplete(file: string): string {
  const deadline = performance.now() + WRITE_TIMEOUT_MS;
  for (;;) {
    const secret = readFileSync(file, 'utf8').trim();
    if (COMPLETE.test(secret)) return secret;
    if (performance.now() >= deadline) {
      throw new Error(
        `${file} contains no complete secret. Delete the file, so that the next start creates a new secret, or set JWT_SECRET.`,
      );
    }
    pause();
  }
}

/** Blocks the thread: the process does nothing else yet. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
}

/** Where the secret of a server without `JWT_SECRET` is stored, outside production. */
const SECRET_DIRECTORY = 'data';

/** Returns the secrets of a configuration, or the stored one if it has none. Throws a `ConfigError` if none can be stored. */
export function secretsOf({ jwtSecrets }: { readonly jwtSecrets: readonly string[] }): readonly string[] {
  if (jwtSecrets.length > 0) return jwtSecrets;
  try {
    return [loadOrCreateSecret(SECRET_DIRECTORY)];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError([
      `JWT_SECRET is not set, and no secret can be stored in ${SECRET_DIRECTORY}/: ${reason}`,
    ]);
  }
}

/** The tokens of the app's own backend that are accepted, besides those of this server. */
export interface ExternalAuthConfig {
  readonly issuer: string;
  readonly audience: string;
  /** Verifies signatures: the keys that the backend publishes, or the secret that it shares with this server. */
  readonly key:
    | { readonly kind: 'jwks'; readonly url: string }
    | { readonly kind: 'secret'; readonly secret: string };
}

/** Reads the variables `AUTH_…`. Null if none is set. */
export function readExternalAuth({ read, problems, allValid }: EnvironmentReader): ExternalAuthConfig | null {
  const url = read('AUTH_JWKS_URL', '', jwksUrl);
  const secret = read('AUTH_SECRET', '', String);
  const issuer = read('AUTH_ISSUER', '', externalIssuer);
  const audience = read('AUTH_AUDIENCE', '', String);
  if (!allValid('AUTH_JWKS_URL', 'AUTH_ISSUER')) return null;
  if (url === '' && secret === '') {
    if (issuer !== '' || audience !== '')
      problems.push('AUTH_ISSUER or AUTH_AUDIENCE is set; they need AUTH_JWKS_URL or AUTH_SECRET too.');
    return null;
  }
  if (url !== '' && secret !== '')
    problems.push(
      'AUTH_JWKS_URL and AUTH_SECRET are both set; remove the one that your backend does not sign with.',
    );
  if (issuer === '')
    problems.push('AUTH_ISSUER is not set; set it to the "iss" of the tokens of your backend.');
  if (audience === '')
    problems.push('AUTH_AUDIENCE is not set; set it to the "aud" of the tokens for this server.');
  const key = url === '' ? ({ kind: 'secret', secret } as const) : ({ kind: 'jwks', url } as const);
  return Object.freeze({ issuer, audience, key: Object.freeze(key) });
}

/** A secret that two servers sign with would let each make the tokens of the other. */
export function sharedSecretProblems(
  jwtSecrets: readonly string[],
  externalAuth: ExternalAuthConfig | null,
): string[] {
  const isShared = externalAuth?.key.kind === 'secret' && jwtSecrets.includes(externalAuth.key.secret);
  return isShared ? ['AUTH_SECRET is also in JWT_SECRET; use different secrets.'] : [];
}

/** Over plain HTTP, anyone on the way could replace the keys. */
function jwksUrl(text: string): string {
  if (text === '') return text;
  const url = URL.canParse(text) ? new URL(text) : null;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isPrivate(url.hostname));
  if (url && isSafe && url.username + url.password === '') return text;
  throw new InvalidValue(
    `is ${quote(text)}; it must be an https:// address without a user name or password, such as ` +
      '"https://login.example.com/.well-known/jwks.json"; http:// only within a private network.',
  );
}

function externalIssuer(text: string): string {
  if (text !== TOKEN_ISSUER) return text;
  throw new InvalidValue(`is ${quote(text)}, which names this server; it must name your backend.`);
}
