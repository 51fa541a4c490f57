import { createHash } from 'node:crypto';
import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import { ChatError } from '../domain/errors';
import { email, ownProperty } from '../domain/fields';
import { type Clock, timestampOf } from '../utils/clock';
import type { Logger } from '../utils/logger';
import type { ExternalUser } from './passwordlessAccounts';

/** Pinned, so that a token can't choose an algorithm for which a published key would be a secret. */
const PUBLIC_KEY_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const SECRET_ALGORITHMS = ['HS256'];

/** How long a request waits for the published keys, in milliseconds: less than the 3 s in which it must be answered. */
const KEYS_TIMEOUT_MS = 2_500;
/** How long published keys are used before they are read again, in milliseconds. A withdrawn key is refused after this time. */
const KEYS_MAX_AGE_MS = 600_000;
/** A token with an unknown key lets them be read again, at most once in this time: anyone can make such tokens. */
const KEYS_COOLDOWN_MS = 10_000;
/** How far the clock of the backend may be ahead, in seconds. */
const NOT_BEFORE_TOLERANCE_S = 5;
/** No token of a backend is that long. */
const MAX_TOKEN_LENGTH = 16_384;

export interface ExternalTokenSettings {
  issuer: string;
  audience: string;
  key: { kind: 'jwks'; url: string } | { kind: 'secret'; secret: string };
  /** Shorter in tests. */
  keysCooldownMs?: number | undefined;
}

/** What a valid token says. */
export interface ExternalClaims extends ExternalUser {
  /** The id of the login that stands for the token. */
  loginId: string;
  expiresAt: string;
}

type Verifier = (token: string) => Promise<JWTPayload>;

/** Verifies the tokens of the app's own backend. Whether a token was revoked, only the database knows. */
export class ExternalTokens {
  private verifier: Promise<Verifier> | null = null;

  constructor(
    private readonly settings: ExternalTokenSettings,
    private readonly logger: Logger,
    private readonly clock: Clock,
  ) {}

  /** Whether a token claims to come from the backend, without any check. */
  isClaimedBy(token: string): boolean {
    if (token.length > MAX_TOKEN_LENGTH) return false;
    try {
      const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
      return ownProperty(payload, 'iss') === this.settings.issuer;
    } catch {
      return false;
    }
  }

  /** Throws `TOKEN_EXPIRED`, `UNAUTHENTICATED`, or `UNAVAILABLE` within 3 s if the published keys can't be read. */
  async verify(token: string): Promise<ExternalClaims> {
    this.verifier ??= this.createVerifier();
    const verify = await this.verifier;
    const { sub, exp, ...claims } = await verify(token);
    if (typeof sub !== 'string' || sub === '' || typeof exp !== 'number')
      throw new ChatError('UNAUTHENTICATED');
    if (exp * 1000 <= this.clock()) throw tokenExpired();
    return {
      identity: digest(JSON.stringify([this.settings.issuer, sub])),
      loginId: toUuid(digest(signedPart(token))),
      expiresAt: timestampOf(Math.min(exp * 1000, MAX_TIME_MS)),
      names: [claims.preferred_username, claims.name, localPart(claims.email)].filter(isText),
      email: claims.email_verified === true ? emailOf(claims.email) : null,
    };
  }

  private async createVerifier(): Promise<Verifier> {
    const { createRemoteJWKSet, errors, jwtVerify } = await import('jose');
    const { issuer, audience, key, keysCooldownMs = KEYS_COOLDOWN_MS } = this.settings;
    const algorithms = key.kind === 'jwks' ? PUBLIC_KEY_ALGORITHMS : SECRET_ALGORITHMS;
    const published =
      key.kind === 'jwks' &&
      createRemoteJWKSet(new URL(key.url), {
        timeoutDuration: KEYS_TIMEOUT_MS,
        cooldownDuration: keysCooldownMs,
        cacheMaxAge: KEYS_MAX_AGE_MS,
      });
    const secret = key.kind === 'secret' ? new TextEncoder().encode(key.secret) : new Uint8Array();
    const findKey: JWTVerifyGetKey = async (header, token) => {
      if (!published) return secret;
      try {
        return await published(header, token);
      } catch (error) {
        const isOfToken =
          error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys;
        throw isOfToken ? error : this.keysUnavailable(error);
      }
    };
    return async (token) => {
      const options = { issuer, audience, algorithms, clockTolerance: NOT_BEFORE_TOLERANCE_S };
      const currentDate = new Date(this.clock());
      try {
        const required = { requiredClaims: ['sub', 'exp'], currentDate };
        return (await jwtVerify(token, findKey, { ...options, ...required })).payload;
      } catch (error) {
        if (error instanceof ChatError) throw error;
        throw error instanceof errors.JWTExpired
          ? tokenExpired()
          : new ChatError('UNAUTHENTICATED', { cause: error });
      }
    };
  }

  private keysUnavailable(cause: unknown): ChatError {
    this.logger.error({ err: cause }, 'AUTH_JWKS_URL can not be read');
    const detail = 'The keys that prove this token can’t be read at the moment. Try again shortly.';
    return new ChatError('UNAVAILABLE', { detail, cause });
  }
}

/** The last time whose text sorts after those of today. */
const MAX_TIME_MS = Date.UTC(9999, 11, 31);

function tokenExpired(): ChatError {
  return new ChatError('TOKEN_EXPIRED', {
    detail: 'The token has expired. Get a fresh one from the service that issued it.',
  });
}

/** Without the signature, which can be written in several ways. */
function signedPart(token: string): string {
  return token.slice(0, token.lastIndexOf('.'));
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** As a UUID of version 8, whose bits may have any meaning (RFC 9562). */
function toUuid(hex: string): string {
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) % 4];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function isText(claim: unknown): claim is string {
  return typeof claim === 'string';
}

function localPart(address: unknown): unknown {
  return isText(address) ? address.split('@')[0] : undefined;
}

function emailOf(claim: unknown): string | null {
  const parsed = email.parse(claim);
  return 'value' in parsed ? parsed.value : null;
}
