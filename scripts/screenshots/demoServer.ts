import { readJson } from '../../testkit/account';
import { type RunningServer, startServer } from '../../testkit/server';
import { CONVERSATIONS, TODAY } from './conversations';

const DAY_MS = 86_400_000;

/** The time at which all screenshots are taken, so that new ones differ only where the page does. */
export const NOW = new Date('2026-11-24T08:24:00Z');

export const ACCOUNT = { username: 'ada', email: 'ada@example.com', password: 'correct horse battery' };

/** Starts a server with an account and conversations of several days. Its responder has a reply for each message of them. */
export async function startDemoServer(): Promise<RunningServer> {
  const replies = new Map([...CONVERSATIONS.flatMap(({ exchanges }) => exchanges), ...TODAY]);
  let minutesAgo = 0;
  const server = await startServer({
    config: {
      // Longer than the time by which the clock is set back.
      jwtExpiresInMs: 30 * DAY_MS,
      refreshExpiresInMs: 60 * DAY_MS,
      webClient: true,
    },
    parts: {
      responder: { kind: 'immediate', respond: ({ content }) => replies.get(content) ?? content },
      clock: () => NOW.getTime() - minutesAgo * 60_000,
    },
  });

  const { token } = await post<{ token: string }>(`${server.url}/api/auth/signup`, ACCOUNT);
  const sessions = `${server.url}/api/sessions`;
  for (const conversation of CONVERSATIONS) {
    minutesAgo = conversation.minutesAgo;
    const { name, exchanges } = conversation;
    const { id } = await post<{ id: string }>(sessions, name === undefined ? {} : { name }, token);
    for (const [content] of exchanges) {
      await post(`${sessions}/${id}/messages`, { content }, token);
      minutesAgo -= 2;
    }
  }
  minutesAgo = 0;
  return server;
}

async function post<T>(url: string, body: object, token = ''): Promise<T> {
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok)
    throw new Error(`${url} answered with status ${response.status}: ${await response.text()}`);
  return readJson<T>(response);
}
