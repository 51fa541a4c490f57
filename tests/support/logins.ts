import type { SignedUp } from '../../testkit/account';
import { api, PASSWORD, signUp } from './client';
import type { TestServer } from './testServer';

type Server = Pick<TestServer, 'url'>;

/** Logs in again. */
export async function logIn(server: Server, email: string, password = PASSWORD): Promise<SignedUp> {
  const { body } = await api(server, '').post('/api/auth/login', { email, password }).expect(200);
  return body;
}

/** A new user with two logins. */
export async function twoLogins(server: Server): Promise<[SignedUp, SignedUp]> {
  const first = await signUp(server);
  return [first, await logIn(server, first.user.email)];
}

/** The id of the login that a token belongs to. */
export async function loginIdOf(server: Server, token: string): Promise<string> {
  const { body } = await api(server, token).get('/api/auth/logins').expect(200);
  return body.logins.find(({ current }: { current: boolean }) => current).id;
}
