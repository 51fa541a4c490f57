import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApplication } from '../../src/application';
import { createLogger } from '../../src/utils/logger';
import { TALKS, TODAY } from './talks';

const DAY_MS = 86_400_000;

/** The moment at which all pictures are taken: the next take differs only where the page does. */
export const NOW = new Date('2026-11-24T08:24:00Z');

export const ACCOUNT = { username: 'ada', email: 'ada@example.com', password: 'correct horse battery' };

/** A server with an account and talks of several days; its responder knows what to answer to each of their lines. */
export async function startDemoServer() {
  const directory = mkdtempSync(join(tmpdir(), 'smart-chat-pictures-'));
  const answers = new Map([...TALKS.flatMap(({ lines }) => lines), ...TODAY]);
  let minutesAgo = 0;
  const application = await createApplication(
    {
      host: '127.0.0.1',
      port: 0,
      database: { kind: 'sqlite', path: join(directory, 'chat.db') },
      jwtSecrets: ['a secret that is long enough for pictures'],
      // Long enough for the days that the clock is set back.
      jwtExpiresInMs: 30 * DAY_MS,
      refreshExpiresInMs: 60 * DAY_MS,
      corsOrigins: [],
      trustProxy: false,
      bcryptRounds: 10,
      authRatePerMinute: 0,
      connectRatePerMinute: 0,
      messageRatePerSecond: 0,
      webClient: true,
    },
    {
      logger: createLogger('warn'),
      responder: { kind: 'immediate', respond: ({ content }) => answers.get(content) ?? content },
      clock: () => NOW.getTime() - minutesAgo * 60_000,
    },
  );
  const { port } = await application.start();
  const url = `http://127.0.0.1:${port}`;

  const { token } = await post(`${url}/api/auth/signup`, ACCOUNT);
  const sessions = `${url}/api/sessions`;
  for (const { minutesAgo: begun, name, lines } of TALKS) {
    minutesAgo = begun;
    const { id } = await post(sessions, name === undefined ? {} : { name }, token);
    for (const [content] of lines) {
      await post(`${sessions}/${id}/messages`, { content }, token);
      minutesAgo -= 2;
    }
  }
  minutesAgo = 0;

  return {
    url,
    async close() {
      await application.close();
      rmSync(directory, { recursive: true });
    },
  };
}

async function post(url: string, body: object, token = ''): Promise<{ id: string; token: string }> {
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return JSON.parse(await response.text());
}
