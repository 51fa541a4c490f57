import { createSecretKey, type KeyObject } from 'node:crypto';
import { JsonWebTokenError, type JwtPayload, sign, TokenExpiredError, verify } from 'jsonwebtoken';
import { ChatError } from '../domain/errors';
import type { Login } from '../domain/login';
import { type Clock, timestampOf } from '../utils/clock';

const ISSUER = 'smart-chat-server';
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

  signAccess({ id, userId }: Login): AccessToken {
    const issuedAt = toSeconds(this.clock());
    const expiresAt = issuedAt + toSeconds(this.settings.jwtExpiresInMs);
    const token = this.sign('access', { sub: userId, login: id, iat: issuedAt, exp: expiresAt });
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
  verifyAccess(token: string): { userId: string; loginId: string; expiresAt: string } {
    const { sub, login, exp } = this.verify('access', token);
    if (typeof sub !== 'string' || typeof login !== 'string' || !exp) throw new ChatError('UNAUTHENTICATED');
    return { userId: sub, loginId: login, expiresAt: timestampOf(exp * 1000) };
  }

  /** Throws `TOKEN_EXPIRED` or `UNAUTHENTICATED`. */
  verifyRefresh(token: string): { loginId: string; generation: number } {
    const { login, generation } = this.verify('refresh', token);
    if (typeof login !== 'string' || typeof generation !== 'number') throw new ChatError('UNAUTHENTICATED');
    return { loginId: login, generation };
  }

  private sign(type: TokenType, claims: JwtPayload): string {
    const [key] = this.keys;
    if (key === undefined) throw new Error('Tokens needs at least one secret');
    return sign({ ...claims, iss: ISSUER, aud: audienceOf(type), type }, key, { algorithm: ALGORITHM });
  }

  private verify(type: TokenType, token: string): JwtPayload {
    for (const key of this.keys) {
      const claims = this.verifyWith(key, type, token);
      if (claims) return claims;
    }
    throw new ChatError('UNAUTHENTICATED');
  }

  /** Returns null if another key may verify the token. */
  private verifyWith(key: KeyObject, type: TokenType, token: string): JwtPayload | null {
    try {
      const claims = verify(token, key, {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience: audienceOf(type),
        clockTimestamp: toSeconds(this.clock()),
      });
      return typeof claims === 'object' && claims.type === type ? claims : null;
    } catch (error) {
      if (error instanceof TokenExpiredError) throw new ChatError('TOKEN_EXPIRED');
      // jsonwebtoken doesn't wrap the parser's error if the payload is not JSON.
      if (error instanceof JsonWebTokenError || error instanceof SyntaxError) return null;
      throw error;
    }
  }
}

function audienceOf(type: TokenType): string {
  return `${ISSUER}/${type}`;
}

function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
