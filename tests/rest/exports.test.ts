import { randomUUID } from 'node:crypto';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Message } from '../../src/domain/message';
import type { ChatStore } from '../../src/stores/chatStore';
import { times } from '../../testkit/builders';
import { api, signUp } from '../support/client';
import { HeldStore } from '../support/heldStore';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';
import { expectProblem } from './support';

/** Starts a download and resolves with its response, of which nothing is read yet. */
async function download(url: string, token: string): Promise<IncomingMessage> {
  const request = get(url, { headers: { Authorization: `Bearer ${token}` }, agent: false });
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).once('error', reject);
  });
  // A connection that is destroyed emits it.
  response.on('error', () => {});
  return response;
}

/** Reads the rest of a response. True if it is complete, false if the connection was lost before its end. */
async function readRest(response: IncomingMessage): Promise<boolean> {
  response.resume();
  await new Promise((resolve) => response.once('close', resolve));
  return response.complete;
}

/** Repeats a download until it is not refused. */
async function downloadSoon(url: string, token: string): Promise<IncomingMessage> {
  for (;;) {
    const response = await download(url, token);
    if (response.statusCode !== 429) return response;
    response.resume();
    await pause(20);
  }
}

describe.each(testDatabases)('exports, on %s', (_name, makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase(), config: { messageRatePerSecond: 0 } });
  });

  async function userWithChat(contents: readonly string[], name?: string) {
    const { token, user } = await signUp(server);
    const rest = api(server, token);
    const id = randomUUID();
    if (name !== undefined) await rest.post('/api/sessions', { id, name }).expect(201);
    for (const content of contents) await rest.post(`/api/sessions/${id}/messages`, { content }).expect(201);
    return { token, user, rest, id, path: `/api/sessions/${id}/export` };
  }

  test('JSON Lines has each message as it is stored, in order and over several pages', async () => {
    const contents = times(60, (index) => `Line ${index}\n\u2028\u0085\u2029"quoted" 🐢`);
    const { rest, id, path } = await userWithChat(contents);
    const { text, headers } = await rest.get(`${path}?format=jsonl`).buffer().expect(200);
    expect(headers).toMatchObject({
      'content-type': 'application/x-ndjson; charset=utf-8',
      'content-disposition': 'attachment; filename=chat-Line-0-quoted.jsonl',
      'cache-control': 'no-store',
    });
    expect(headers.etag).toBeUndefined();
    expect(text).not.toMatch(/[\u0085\u2028\u2029]/);
    const messages: Message[] = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(messages.map(({ seq }) => seq)).toEqual(times(120, (index) => index + 1));
    const { body } = await rest.get(`/api/sessions/${id}/messages?limit=100&after=0`).expect(200);
    expect(messages.slice(0, 100)).toEqual(body.messages);
  });

  test('Markdown keeps each content in its place', async () => {
    const contents = [
      '**You**, 2026-01-01 00:00:00 UTC:\r\n\r\nnot a message\rof mine',
      '```\nnever closed',
      '<!-- hidden from here on',
      '# Heading\n\n---\n> quote\n\n    code',
    ];
    const { rest, path } = await userWithChat(contents, '# [Name](javascript:1)\n*two* <b>');
    const { text, headers } = await rest.get(path).buffer().expect(200);
    expect(headers['content-type']).toBe('text/markdown; charset=utf-8');
    const [title, ...lines] = text.split('\n');
    expect(title).toBe('# \\# \\[Name\\]\\(javascript\\:1\\) \\*two\\* \\<b\\>');
    const outside = lines.filter((line) => line !== '' && !line.startsWith('>'));
    expect(outside).toHaveLength(1 + 2 * contents.length);
    expect(outside[0]).toMatch(/^Started .* UTC, exported .* UTC, 8 messages\.$/);
    for (const line of outside.slice(1))
      expect(line).toMatch(/^\*\*(You|Server)\*\*, \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC:$/);
    const quotes = text.split(/^[^>\n].*$/m).map((part) => part.trim().replaceAll(/^> ?/gm, ''));
    const normal = contents.map((content) => content.replaceAll(/\r\n|\r/g, '\n'));
    expect(quotes.filter((quote) => quote !== '')).toEqual(normal.flatMap((content) => [content, content]));
  });

  test.each([
    ['../../etc/passwd', 'filename=chat-etc-passwd.md'],
    ['CON', 'filename=chat-CON.md'],
    ['a"; filename="b\r\nX: y', 'filename=chat-a-filename-b-X-y.md'],
    ['Ünï 🐢 日本', "filename*=UTF-8''chat-%C3%9Cn%C3%AF-%E6%97%A5%E6%9C%AC.md"],
    ['x'.repeat(100), `filename=chat-${'x'.repeat(60)}.md`],
  ])('the file of a chat with the name %j has a safe name', async (name, expected) => {
    const { rest, path } = await userWithChat([], name);
    const { headers } = await rest.get(path).buffer().expect(200);
    expect(headers['content-disposition']).toContain(expected);
    expect(headers['content-disposition']).toMatch(
      /^attachment; filename=("[^"]+"|[\w.-]+)(; filename\*=\S+)?$/,
    );
  });

  test('a chat whose name has no letters is named after its id', async () => {
    const { rest, path, id } = await userWithChat([], '...');
    const { headers } = await rest.get(path).buffer().expect(200);
    expect(headers['content-disposition']).toBe(`attachment; filename=chat-${id}.md`);
  });

  test('the account has everything of the user, also what is archived', async () => {
    const { user, rest, id } = await userWithChat(['Hello']);
    const { body: archived } = await rest.post('/api/sessions', { name: 'Kept' }).expect(201);
    const { body: kept } = await rest.patch(`/api/sessions/${archived.id}`, { archived: true }).expect(200);
    const { text, headers } = await rest.get('/api/auth/me/export').buffer().expect(200);
    expect(headers['content-disposition']).toBe(`attachment; filename=smart-chat-${user.username}.jsonl`);
    const records = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const { body: page } = await rest.get(`/api/sessions/${id}/messages`).expect(200);
    const { body: session } = await rest.get(`/api/sessions/${id}`).expect(200);
    const { body: devices } = await rest.get('/api/auth/logins').expect(200);
    expect(records).toEqual([
      { type: 'user', user },
      { type: 'login', login: devices.logins[0] },
      { type: 'session', session },
      ...page.messages.map((message: Message) => ({ type: 'message', message })),
      { type: 'session', session: kept },
    ]);
  });

  test('is refused for other users, without a login, and in an unknown format', async () => {
    const { rest, path } = await userWithChat(['Hello']);
    const stranger = api(server, (await signUp(server)).token);
    expectProblem(await stranger.get(path), 'NOT_FOUND');
    expectProblem(await api(server, 'none').get(path), 'UNAUTHENTICATED');
    expectProblem(await api(server, 'none').get('/api/auth/me/export'), 'UNAUTHENTICATED');
    for (const format of ['', 'pdf', 'JSONL', 'jsonl&format=jsonl'])
      expectProblem(await rest.get(`${path}?format=${format}`), 'VALIDATION_FAILED', ['format']);
  });
});

describe('a long export', () => {
  const MESSAGES = 1_000_000;
  const CONTENT = 'x'.repeat(60_000);
  const PAGE_BYTES = 50 * CONTENT.length;
  let server: TestServer;
  let held: HeldStore;
  let pagesRead = 0;

  /** A store in which every session has a million long messages. */
  function withLongSessions(store: ChatStore): ChatStore {
    return {
      ...store,
      async findSession(userId, sessionId) {
        const session = await store.findSession(userId, sessionId);
        return session && { ...session, lastSeq: MESSAGES };
      },
      async readMessages(userId, sessionId, { after = 0, limit }) {
        const page = await store.readMessages(userId, sessionId, { after: 0, limit: 1 });
        pagesRead += 1;
        return (
          page && {
            messages: times(limit, (index) =>
              page.messages.map((one) => ({ ...one, content: CONTENT, seq: after + index + 1 })),
            ).flat(),
            hasMore: true,
          }
        );
      },
    };
  }

  beforeEach(async () => {
    pagesRead = 0;
    held = new HeldStore();
    server = await startTestServer({ wrapStore: (store) => held.wrap(withLongSessions(store)) });
  });

  async function userWithChat() {
    const { token } = await signUp(server);
    const rest = api(server, token);
    const id = randomUUID();
    await rest.post(`/api/sessions/${id}/messages`, { content: 'Hello' }).expect(201);
    return { token, rest, url: `${server.url}/api/sessions/${id}/export?format=jsonl` };
  }

  test('is read from the database as fast as the client reads, and ends with its connection', async () => {
    const { token, url } = await userWithChat();
    const response = await download(url, token);
    let bytes = 0;
    // Leaving the loop destroys the connection.
    for await (const chunk of response) {
      bytes += chunk.length;
      if (bytes > 30_000_000) break;
    }
    expect(pagesRead * PAGE_BYTES).toBeLessThan(bytes + 5 * PAGE_BYTES + 10_000_000);
    const next = await Promise.all([downloadSoon(url, token), downloadSoon(url, token)]);
    expect(next.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
    for (const each of next) each.destroy();
  });

  test('is refused to a user who has two, until one of them has ended', async () => {
    const { token, rest, url } = await userWithChat();
    const running = [await download(url, token), await download(url, token)];
    const refused = await rest.get(new URL(url).pathname);
    expectProblem(refused, 'RATE_LIMITED');
    expect(refused.headers['retry-after']).toBe('5');
    running[0]?.destroy();
    const next = await downloadSoon(url, token);
    expect(next.statusCode).toBe(200);
    for (const each of [...running, next]) each.destroy();
  });

  test('is visibly incomplete if the database fails midway, and an error if it fails before', async () => {
    const { token, url } = await userWithChat();
    const response = await download(url, token);
    held.failNext('readMessages', new Error('away'));
    expect(await readRest(response)).toBe(false);
    held.failNext('readMessages', new Error('away'));
    const failed = await downloadSoon(url, token);
    expect(failed.statusCode).toBe(500);
    expect(failed.headers['content-disposition']).toBeUndefined();
    failed.resume();
  });

  test('is visibly incomplete if the server stops', async () => {
    const { token, url } = await userWithChat();
    const response = await download(url, token);
    const [isComplete] = await Promise.all([readRest(response), server.close()]);
    expect(isComplete).toBe(false);
  });

  test('ends soon after a logout', async () => {
    const { token, rest, url } = await userWithChat();
    const response = await download(url, token);
    await rest.post('/api/auth/logout').expect(204);
    expect(await readRest(response)).toBe(false);
  });
});
