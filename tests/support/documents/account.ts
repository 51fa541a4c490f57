import { Account } from '../../../testkit/account';
import { documentedFetch } from './fetch';
import { documented } from './socket';

/** Hooks that check all traffic of an account against the server's documents. */
export const DOCUMENTED = { fetch: documentedFetch, onSocket: documented };

/** Creates an account whose every response, event and acknowledgement is checked against the server's documents. */
export function signUpDocumented(url: string): Promise<Account> {
  return Account.signUp(url, DOCUMENTED);
}
