import { readJson } from '../../testkit/account';
import { type RunningServer, startServer } from '../../testkit/server';
import { deferred } from '../../testkit/waiting';
import { CONVERSATIONS, PAUSE, TODAY, UNREAD } from './conversations';

const DAY_MS = 86_400_000;

/** The time at which all screenshots are taken, so that new ones differ only where the page does. */
export const NOW = new Date('2026-11-24T08:24:00Z');

export const ACCOUNT = { username: 'ada', email: 'ada@example.com', password: 'correct horse battery' };

/** A server whose last reply of today waits in the middle. */
export interface DemoServer extends RunningServer {
  finishReply(): void;
}

/** Starts a server with an account and conversations of several days. Its responder has a reply for each message of them. */
export async function startDemoServer(): Promise<DemoServer> {
  const rest = deferred();
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
      responder: {
        kind: 'streaming',
        async *respond({ content }) {
          const [start = '', ...others] = (replies.get(content) ?? content).split(
            new RegExp(`(?<=${PAUSE})`),
          );
          yield { text: start };
          if (others.length > 0) await rest.promise;
          yield { text: others.join('') };
          yield { finish: 'stop' };
        },
      },
      clock: () => NOW.getTime() - minutesAgo * 60_000,
    },
  });

  const { token } = await post<{ token: string }>(`${server.url}/api/auth/signup`, ACCOUNT);
  const sessions = `${server.url}/api/sessions`;
  for (const conversation of CONVERSATIONS) {
    minutesAgo = conversation.minutesAgo;
    const { name, exchanges } = conversation;
    const { id } = await post<{ id: string }>(sessions, { name }, token);
    for (const [content] of exchanges) {
      await post(`${sessions}/${id}/messages`, { content }, token);
      while (!(await isAnswered(`${sessions}/${id}/messages`, token)));
      minutesAgo -= 2;
    }
  }
  minutesAgo = 0;
  const { sessions: listed } = await readJson<{ sessions: { id: string; name: string }[] }>(
    await fetch(sessions, { headers: { Authorization: `Bearer ${token}` } }),
  );
  for (const { id } of listed.filter(({ name }) => name !== UNREAD)) {
    await request('PUT', `${sessions}/${id}/read`, { seq: Number.MAX_SAFE_INTEGER }, token);
  }
  return { ...server, finishReply: () => rest.resolve() };
}

async function isAnswered(url: string, token: string): Promise<boolean> {
  const response = await fetch(`${url}?limit=1`, { headers: { Authorization: `Bearer ${token}` } });
  const { messages } = await readJson<{ messages: { sender: string }[] }>(response);
  return messages[0]?.sender === 'server';
}

function post<T>(url: string, body: object, token = ''): Promise<T> {
  return request('POST', url, body, token);
}

async function request<T>(method: string, url: string, body: object, token: string): Promise<T> {
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
  const response = await fetch(url, { method, headers, body: JSON.stringify(body) });
  if (!response.ok)
    throw new Error(`${url} answered with status ${response.status}: ${await response.text()}`);
  return readJson<T>(response);
}
