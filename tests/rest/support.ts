import { ERROR_CATALOGUE, type ErrorCode } from '../../src/domain/errors';
import { at } from '../../testkit/builders';
import request, { type Response } from '../support/documents/request';

/** Text that would reveal internals of the server. */
const INTERNALS = /\n\s+at |node_modules|\.[jt]s:\d+|\$2[aby]\$|sqlite|mongo|E11000|<html|<pre|passwordHash/i;

/** Expects a problem with exactly the members of the protocol, which reveals no internals. */
export function expectProblem(response: Response, code: ErrorCode, fields?: readonly string[]): void {
  const { status, title } = ERROR_CATALOGUE[code];
  expect(response.body).toEqual({
    type: `urn:smart-chat-server:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status,
    detail: expect.stringMatching(/^[^\n]+$/),
    instance: expect.stringMatching(/^\/[^?]*$/),
    code,
    ...(fields && { errors: fields.map((field) => ({ field, message: expect.stringMatching(/./) })) }),
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(response.status).toBe(status);
  expect(response.type).toBe('application/problem+json');
  expect(response.get('X-Request-Id')).toBe(response.body.requestId);
  expect(response.text).not.toMatch(INTERNALS);
}

/** A clock that stands still until it is advanced. */
export function movableClock() {
  let now = Date.parse(at(0));
  return {
    clock: () => now,
    advance: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

/** The public calls of `/api/auth`. */
export function authCalls({ url }: { url: string }) {
  const post = (path: string, body: object) => request(url).post(`/api/auth/${path}`).send(body);
  return {
    signUp: (input: object) => post('signup', input),
    logIn: (email: string, password: string) => post('login', { email, password }),
    refresh: (refreshToken: string) => post('refresh', { refreshToken }),
    me: (token: string) => request(url).get('/api/auth/me').set('Authorization', `Bearer ${token}`),
  };
}

export const TIMESTAMP = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
export const UUID = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
