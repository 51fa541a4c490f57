import { randomUUID } from 'node:crypto';
import type { AuthResult } from '../../src/domain/user';
import { signUpDocumented } from '../support/documents/account';
import { propertiesOf } from './shape';
import type { Words } from './words';

/** An account that inputs are sent in the name of; when its login has ended it is another one. */
export class Attacker {
  readonly sessionId = randomUUID();
  private endedToken = 'none';

  private constructor(
    private readonly url: string,
    private login: AuthResult,
    private loginId: string,
  ) {}

  static async create(url: string): Promise<Attacker> {
    const { login } = await signUpDocumented(url);
    return new Attacker(url, login, loginIdOf(login.token));
  }

  get token(): string {
    return this.login.token;
  }

  words(other: Attacker, victim: Words): Words {
    const { user, token, refreshToken } = this.login;
    return {
      ...victim,
      token,
      refreshToken,
      email: user.email ?? '',
      password: 'correct horse battery',
      login: this.loginId,
      session: this.sessionId,
      otherToken: other.token,
      otherSession: other.sessionId,
      endedToken: this.endedToken,
      swappedVictim: swapClaims(token, victim.unsignedVictim ?? ''),
    };
  }

  /** Goes on with the pair that a refresh has answered. */
  take(login: AuthResult): void {
    this.login = login;
    this.loginId = loginIdOf(login.token);
  }

  /** Becomes another account. */
  async renew(): Promise<void> {
    this.endedToken = this.token;
    const { login } = await signUpDocumented(this.url);
    this.take(login);
  }
}

/** Tokens that say they are the victim's, and that no secret has signed so. */
export function forgeries(token: string): Words {
  const [header = '', claims = '', signature = ''] = token.split('.');
  const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
  return {
    unsignedVictim: `${none}.${claims}.`,
    resignedVictim: `${header}.${claims}.${[...signature].reverse().join('')}`,
  };
}

export function loginIdOf(token: string): string {
  const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  return String(propertiesOf(claims).login);
}

function swapClaims(token: string, victims: string): string {
  const [header = '', , signature = ''] = token.split('.');
  return `${header}.${victims.split('.')[1] ?? ''}.${signature}`;
}

/** Whether the token of a login that lives is in the text of an input. */
export function namesLogin(text: string): boolean {
  return /~(?:token|otherToken)~/.test(text);
}
