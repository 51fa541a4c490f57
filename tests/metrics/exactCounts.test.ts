import { randomUUID } from 'node:crypto';
import { ResponderFailure } from '../../src/responders/responder';
import { times } from '../../testkit/builders';
import { openAiSettings } from '../responders/prompts';
import { scriptedResponder } from '../responders/scriptedResponder';
import { startUpstream } from '../responders/upstreamServer';
import { authCalls } from '../rest/support';
import { api, connect, newSocket, PASSWORD, record, signUp } from '../support/client';
import request from '../support/documents/request';
import { figuresIn, growth } from '../support/figures';
import { recordLog } from '../support/recordLog';
import { ask, askAnything, refusalOf, successOf } from '../support/socketCalls';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';

/** Returns the increases of one metric, by labels. */
async function grown(server: TestServer, before: string, metric: string): Promise<Record<string, number>> {
  const all = Object.entries(growth(before, await server.scrape()));
  const own = all.filter(([name]) => name === metric || name.startsWith(`${metric}{`));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(metric.length), value]));
}

/** A responder that holds its reply until `release` is called. */
function heldResponder() {
  let tellAsked = () => {};
  let answer: (content: string) => void = () => {};
  const asked = new Promise<void>((resolve) => {
    tellAsked = resolve;
  });
  const respond = () => {
    tellAsked();
    return new Promise<string>((resolve) => {
      answer = resolve;
    });
  };
  return { kind: 'deferred', respond, asked, release: (content: string) => answer(content) } as const;
}

describe.each(testDatabases)('on %s', (_name, makeDatabase) => {
  test('messages, duplicates and replies are each counted once', async () => {
    const server = await startTestServer({ database: makeDatabase() });
    const socket = await connect(server, (await signUp(server)).token);
    const before = await server.scrape();
    const sessionId = randomUUID();
    const sends = times(7, (index) => ({ sessionId, content: `${index}`, clientMessageId: `c${index}` }));
    for (const send of [...sends, ...sends.slice(0, 3)]) successOf(await ask(socket, send));
    await askAnything(socket, 'message', { sessionId, content: '' });

    const messages = await grown(server, before, 'chat_messages_stored_total');
    expect(messages).toEqual({ '{sender="user"}': 7, '{sender="server"}': 7 });
    expect(await grown(server, before, 'chat_message_duplicates_total')).toEqual({ '': 3 });
    expect(await grown(server, before, 'chat_reply_duration_seconds_count')).toEqual({ '': 7 });
    const calls = await grown(server, before, 'chat_store_call_duration_seconds_count');
    // The login check of the new socket may run meanwhile, so other calls may be counted too.
    expect(calls).toMatchObject({ '{call="appendExchange"}': 10 });
    expect(await grown(server, before, 'chat_store_failures_total')).toEqual({});
  });

  test('a deferred reply is counted when it is stored, with the time since its message', async () => {
    const responder = heldResponder();
    const server = await startTestServer({ database: makeDatabase(), parts: { responder } });
    const socket = await connect(server, (await signUp(server)).token);
    const received = record(socket, 'message');
    const before = await server.scrape();
    await ask(socket, { sessionId: randomUUID(), content: 'Hello' });
    const stored = performance.now();
    await responder.asked;
    expect(await grown(server, before, 'chat_messages_stored_total')).toEqual({ '{sender="user"}': 1 });
    // Takes longer than storing a message.
    await signUp(server);
    const seconds = (performance.now() - stored) / 1000;
    responder.release('Hi');
    await received.atLeast(1);
    const messages = await grown(server, before, 'chat_messages_stored_total');
    expect(messages).toEqual({ '{sender="user"}': 1, '{sender="server"}': 1 });
    expect(await grown(server, before, 'chat_reply_duration_seconds_count')).toEqual({ '': 1 });
    const replied = await grown(server, before, 'chat_reply_duration_seconds_sum');
    expect(replied['']).toBeGreaterThan(seconds - 0.002);
  });
});

test('streamed replies are counted by finish, and their requests by tokens and time', async () => {
  const { responder, request } = scriptedResponder();
  const server = await startTestServer({ parts: { responder, waits: { replyRetryMs: 10 } } });
  const socket = await connect(server, (await signUp(server)).token);
  const received = record(socket, 'message');
  const before = await server.scrape();
  const sessionId = randomUUID();
  const usage = { promptTokens: 30, completionTokens: 4 };
  successOf(await ask(socket, { sessionId, content: 'one' }));
  const first = await request(0);
  expect(figuresIn(await server.scrape())).toMatchObject({ chat_replies_running: 1 });
  first.fail();
  (await request(1)).send('1', { usage }, { finish: 'stop' });
  successOf(await ask(socket, { sessionId, content: 'two' }));
  (await request(2)).send('2', { usage }, { finish: 'length' });
  successOf(await ask(socket, { sessionId, content: 'three' }));
  (await request(3)).fail(new ResponderFailure('permanent', 'scripted'));
  await received.atLeast(3);

  expect(await grown(server, before, 'chat_streamed_replies_total')).toEqual({
    '{finish="complete"}': 1,
    '{finish="length"}': 1,
    '{finish="failed"}': 1,
  });
  expect(await grown(server, before, 'chat_responder_tokens_total')).toEqual({
    '{kind="prompt"}': 60,
    '{kind="completion"}': 8,
  });
  expect(await grown(server, before, 'chat_responder_request_duration_seconds_count')).toEqual({ '': 4 });
  expect(await grown(server, before, 'chat_responder_first_text_seconds_count')).toEqual({ '': 2 });
});

test('requests to a model are counted by the status of the response', async () => {
  const upstream = await startUpstream((response) => void response.writeHead(401).end());
  const server = await startTestServer({ config: { responder: openAiSettings(upstream.url) } });
  const socket = await connect(server, (await signUp(server)).token);
  const received = record(socket, 'message');
  successOf(await ask(socket, { sessionId: randomUUID(), content: 'Hello' }));
  await received.atLeast(1);
  expect(figuresIn(await server.scrape())).toMatchObject({
    'chat_responder_requests_total{status="401"}': 1,
  });
});

test('SQLite: concurrent writes share commits; each write is counted once, and reads are not', async () => {
  const server = await startTestServer();
  const { token } = await signUp(server);
  const socket = await connect(server, token);
  const before = await server.scrape();
  await Promise.all(times(60, (index) => ask(socket, { sessionId: randomUUID(), content: `${index}` })));
  for (const _ of times(5, Number)) await api(server, token).get('/api/sessions').expect(200);
  const figures = growth(before, await server.scrape());
  expect(figures.chat_commit_writes_sum).toBe(60);
  expect(figures.chat_commit_writes_count).toBeLessThan(30);
  expect(figures.chat_commit_duration_seconds_count).toBe(figures.chat_commit_writes_count);
  expect(figures.chat_commit_duration_seconds_sum).toBeGreaterThan(0);
});

test('requests are counted by route and status, refusals by code, including failed logins', async () => {
  const server = await startTestServer();
  const { user, token } = await signUp(server);
  const { get, post } = api(server, token);
  const { logIn, me, refresh } = authCalls(server);
  const before = await server.scrape();
  const sessionId = randomUUID();
  for (const content of ['one', 'two', 'three']) {
    await post(`/api/sessions/${sessionId}/messages`, { content }).expect(201);
  }
  for (const id of times(3, () => randomUUID())) await get(`/api/sessions/${id}`).expect(404);
  await logIn(user.email, PASSWORD).expect(200);
  for (const guess of ['a', 'b']) await logIn(user.email, guess).expect(401);
  await refresh('no token').expect(401);
  await me(`${token}x`).expect(401);
  await get('/api/no/such/route').expect(404);
  await request(server.url).get('/healthz').expect(200);

  expect(await grown(server, before, 'http_requests_total')).toEqual({
    '{method="POST",route="/api/sessions/:sessionId/messages",status="201"}': 3,
    '{method="GET",route="/api/sessions/:sessionId",status="404"}': 3,
    '{method="POST",route="/api/auth/login",status="200"}': 1,
    '{method="POST",route="/api/auth/login",status="401"}': 2,
    '{method="POST",route="/api/auth/refresh",status="401"}': 1,
    '{method="GET",route="/api/auth/me",status="401"}': 1,
    '{method="GET",route="none",status="404"}': 1,
    '{method="GET",route="/healthz",status="200"}': 1,
  });
  expect(await grown(server, before, 'http_request_duration_seconds_count')).toMatchObject({
    '{method="POST",route="/api/auth/login"}': 3,
  });
  expect(await grown(server, before, 'chat_refusals_total')).toEqual({
    '{via="rest",code="NOT_FOUND"}': 4,
    '{via="rest",code="INVALID_CREDENTIALS"}': 2,
    '{via="rest",code="UNAUTHENTICATED"}': 2,
  });
  expect(await grown(server, before, 'chat_auth_failures_total')).toEqual({
    '{code="INVALID_CREDENTIALS"}': 2,
    '{code="UNAUTHENTICATED"}': 2,
  });
});

test('sockets are counted when they connect, while connected, when refused and when they disconnect', async () => {
  const log = recordLog('info');
  const server = await startTestServer({ parts: { logger: log.logger } });
  const { token } = await signUp(server);
  const before = await server.scrape();
  const [first, second] = [await connect(server, token), await connect(server, token)];
  expect(figuresIn(await server.scrape())).toMatchObject({ chat_sockets: 2, chat_connections: 2 });
  await refusalOf(newSocket(server, 'no token', { reconnection: false }));
  const extraHeaders = { Origin: 'https://forgotten.example' };
  await refusalOf(newSocket(server, token, { extraHeaders, reconnection: false }));
  await askAnything(first, 'join-session', 'no UUID');
  await askAnything(second, 'authenticate', 'no token');

  first.disconnect();
  await log.entry(({ msg }) => msg === 'socket disconnected');
  expect(figuresIn(await server.scrape())).toMatchObject({ chat_sockets: 1 });
  expect(await grown(server, before, 'chat_sockets_connected_total')).toEqual({ '': 2 });
  expect(await grown(server, before, 'chat_sockets_disconnected_total')).toEqual({
    '{reason="client namespace disconnect"}': 1,
  });
  expect(await grown(server, before, 'chat_foreign_origins_total')).toEqual({ '': 1 });
  expect(await grown(server, before, 'chat_refusals_total')).toEqual({
    '{via="handshake",code="UNAUTHENTICATED"}': 1,
    '{via="event",code="VALIDATION_FAILED"}': 1,
    '{via="event",code="UNAUTHENTICATED"}': 1,
  });
  expect(await grown(server, before, 'chat_auth_failures_total')).toEqual({ '{code="UNAUTHENTICATED"}': 2 });
});
