import { randomUUID } from 'node:crypto';
import type { Browser } from 'playwright-core';
import { createChatClient } from '../../client/src';
import { uniqueName } from '../../testkit/builders';
import { api, PASSWORD } from '../support/client';
import { answered, tokenIn, type Visit, type VisitOptions, visit } from './chatPage';

/** A page with a login, and what tests need to know of it. */
export interface SignedIn extends Visit {
  username: string;
  token: string;
  /** REST calls with this token. */
  rest: ReturnType<typeof api>;
}

interface Server {
  readonly url: string;
}

/**
 * Opens the page of a new account as it is after the form to sign up, with a new chat. To fill in the forms takes longer than most of
 * what tests do next, and they have tests of their own.
 */
export async function visitSignedUp(
  browser: Browser,
  server: Server,
  options: VisitOptions = {},
): Promise<SignedIn> {
  const { stored, ...login } = await logInAs(server, uniqueName('page'), 'signUp');
  const visited = await visit(browser, `${server.url}/#/new`, { ...options, stored });
  await visited.page.getByText('Say something').waitFor();
  return { ...visited, ...login };
}

/** Opens the page of a new account with chats that begin with these words. All of them are read, and the last one is open. */
export async function visitWithChats(
  browser: Browser,
  server: Server,
  words: readonly [string, ...string[]],
  options: VisitOptions = {},
): Promise<SignedIn & { sessionId: string }> {
  const { stored, ...login } = await logInAs(server, uniqueName('page'), 'signUp');
  let sessionId = '';
  for (const content of words) {
    sessionId = randomUUID();
    await login.rest.post(`/api/sessions/${sessionId}/messages`, { content }).expect(201);
    await login.rest.put(`/api/sessions/${sessionId}/read`, { seq: 2 }).expect(200);
  }
  const visited = await visit(browser, `${server.url}/#/chat/${sessionId}`, { ...options, stored });
  await answered(visited.page, words.at(-1) ?? '');
  return { ...visited, ...login, sessionId };
}

/** Opens the page on another device of a user. It shows the list of chats. */
export async function visitAgain(
  browser: Browser,
  server: Server,
  username: string,
  options: VisitOptions = {},
): Promise<SignedIn> {
  const { stored, ...login } = await logInAs(server, username, 'logIn');
  const visited = await visit(browser, `${server.url}/#/`, { ...options, stored });
  return { ...visited, ...login };
}

/** Logs in as the page does: with its client, which returns in `stored` what a browser would keep. */
async function logInAs({ url }: Server, username: string, way: 'signUp' | 'logIn') {
  const stored = new Map<string, string>();
  const storage = {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => void stored.set(key, value),
    removeItem: (key: string) => void stored.delete(key),
  };
  const client = createChatClient({ url, storage });
  const account = { username, email: `${username}@example.com`, password: PASSWORD };
  if (way === 'signUp') await client.signUp(account);
  else await client.logIn(account);
  client.close();
  const token = tokenIn([...stored.values()].join(' '));
  return { username, token, rest: api({ url }, token), stored };
}
