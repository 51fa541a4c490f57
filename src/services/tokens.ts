import { createSecretKey, type KeyObject } from 'node:crypto';
import { JsonWebTokenError, type JwtPayload, sign, verify } from 'jsonwebtoken';
import { ChatError } from '../domain/errors';
import { TOKEN_ISSUER } from '../domain/limits';
import { canonicalId } from '../domain/text';
import type { Login } from '../domain/user';
import { type Clock, timestampOf } from '../utils/clock';

const ALGORITHM = 'HS256';

type TokenType = 'access' | 'refresh';

export interface TokenSettings {
  /** The first one signs, all of them verify. */
  jwtSecrets: readonly string[];
  jwtExpiresInMs: number;
}

export interface AccessToken {
  token: string;
  expiresAt: string;
}

export interface AccessClaims {
  userId: string;
  loginId: string;
  /** Of the refresh that issued the token. Tokens of versions that didn't write it have none. */
  generation: number | null;
  /** In milliseconds since 1970. */
  expiry: number;
}

/** Signs and verifies the tokens of logins. A valid token doesn't prove an active login: only the database knows that. */
export class Tokens {
  // A string would be parsed as PEM first, at each call.
  private readonly keys: readonly KeyObject[];

  constructor(
    private readonly settings: TokenSettings,
    private readonly clock: Clock,
  ) {
    this.keys = settings.jwtSecrets.map((secret) => createSecretKey(Buffer.from(secret)));
  }

  signAccess({ id, userId, generation }: Login): AccessToken {
    const issuedAt = toSeconds(this.clock());
    const expiresAt = issuedAt + toSeconds(this.settings.jwtExpiresInMs);
    const token = this.sign('access', { sub: userId, login: id, generation, iat: issuedAt, exp: expiresAt });
    return { token, expiresAt: timestampOf(expiresAt * 1000) };
  }

  /** Deterministic until the next rotation of the login, so that a lost response can be repeated. */
  signRefresh({ id, userId, generation, lastUsedAt, expiresAt }: Login): string {
    return this.sign('refresh', {
      sub: userId,
      login: id,
      generation,
      iat: toSeconds(Date.parse(lastUsedAt)),
      exp: toSeconds(Date.parse(expiresAt)),
    });
  }

  /** Throws `TOKEN_EXPIRED` or `UNAUTHENTICATED`. */
  verifyAccess(token: string): AccessClaims {
    const { sub, login, generation, exp, isExpired } = this.verify('access', token);
    if (typeof sub !== 'string' || typeof login !== 'string') throw new ChatError('UNAUTHENTICATED');
    if (isExpired) throw new ChatError('TOKEN_EXPIRED');
    return {
      userId: canonicalId(sub),
      loginId: canonicalId(login),
      generation: typeof generation === 'number' ? generation : null,
      expiry: exp * 1000,
    };
  }

  /** Reads a genuine refresh token, which may have expired. Throws `UNAUTHENTICATED`. */
  verifyRefresh(token: string): { loginId: string; generation: number; isExpired: boolean } {
    const { login, generation, isExpired } = this.verify('refresh', token);
    if (typeof login !== 'string' || typeof generation !== 'number') throw new ChatError('UNAUTHENTICATED');
    return { loginId: canonicalId(login), generation, isExpired };
  }

  private sign(type: TokenType, claims: JwtPayload): string {
    const [key] = this.keys;
    if (key === undefined) throw new Error('Tokens needs at least one secret');
    return sign({ ...claims, iss: TOKEN_ISSUER, aud: audienceOf(type), type }, key, { algorithm: ALGORITHM });
  }

  private verify(type: TokenType, token: string): JwtPayload & { exp: number; isExpired: boolean } {
    for (const key of this.keys) {
      const claims = this.verifyWith(key, type, token);
      if (claims && typeof claims.exp === 'number') {
        return { ...claims, exp: claims.exp, isExpired: claims.exp <= toSeconds(this.clock()) };
      }
    }
    throw new ChatError('UNAUTHENTICATED');
  }

  /** Returns null if another key may verify the token. */
  private verifyWith(key: KeyObject, type: TokenType, token: string): JwtPayload | null {
    try {
      const claims = verify(token, key, {
        algorithms: [ALGORITHM],
        issuer: TOKEN_ISSUER,
        audience: audienceOf(type),
        clockTimestamp: toSeconds(this.clock()),
        // Checked by the caller: an expired token still proves which login it belongs to.
        ignoreExpiration: true,
      });
      return typeof claims === 'object' && claims.type === type ? claims : null;
    } catch (error) {
      // jsonwebtoken doesn't wrap the parser's error if the payload is not JSON.
      if (error instanceof JsonWebTokenError || error instanceof SyntaxError) return null;
      throw error;
    }
  }
}

function audienceOf(type: TokenType): string {
  return `${TOKEN_ISSUER}/${type}`;
}

function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
