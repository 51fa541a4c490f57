import { randomUUID } from 'node:crypto';
import type { ChatHooks } from '../../src';
import type { AuthResult } from '../../src/domain/user';
import { scriptedResponder } from '../responders/scriptedResponder';
import { api, connect, newSocket, record, signUp } from '../support/client';
import { seenEvents } from '../support/documents/seen';
import { asyncApi } from '../support/documents/validation';
import { connectFrame, openRaw } from '../support/rawConnection';
import { ruinDatabase } from '../support/ruinedDatabase';
import {
  askAnything,
  askToJoin,
  emitAnything,
  failureIn,
  refusalOf,
  send,
  successOf,
} from '../support/socketCalls';
import { startTestServer, type TestServer } from '../support/testServer';
import { beginSignUp } from '../support/unfinishedSignUp';

const HOUR_MS = 3_600_000;
const EVENTS = [
  'join-session',
  'leave-session',
  'message',
  'authenticate',
  'stop-reply',
  'regenerate',
] as const;
/** Events about a message that exists. */
const REPLY_EVENTS: readonly string[] = ['stop-reply', 'regenerate'];

let server: TestServer;
let login: AuthResult;
beforeAll(async () => {
  server = await startTestServer();
  login = await signUp(server);
});

/** A valid payload for each event. */
function payloadOf(event: (typeof EVENTS)[number], sessionId: string, token: string): unknown {
  if (event === 'message') return { sessionId, content: 'Hello' };
  if (event === 'stop-reply') return { sessionId, replyTo: randomUUID() };
  if (event === 'regenerate') return { sessionId, replyTo: randomUUID(), variant: 2 };
  return event === 'authenticate' ? token : sessionId;
}

test('each event succeeds', async () => {
  const socket = await connect(server, login.token);
  for (const event of EVENTS.filter((each) => !REPLY_EVENTS.includes(each))) {
    successOf(await askAnything(socket, event, payloadOf(event, randomUUID(), login.token)));
  }
  const { sessionId, messageId: replyTo } = await send(socket, randomUUID(), 'Hello');
  successOf(await askAnything(socket, 'stop-reply', { sessionId, replyTo }));
  successOf(await askAnything(socket, 'regenerate', { sessionId, replyTo, variant: 2 }));
  const skipped = await askAnything(socket, 'regenerate', { sessionId, replyTo, variant: 4 });
  expect(failureIn(skipped).code).toBe('CONFLICT');
});

test('each event with an invalid payload fails with VALIDATION_FAILED, in its ack or as an error event', async () => {
  const socket = await connect(server, login.token);
  const errors = record(socket, 'error');
  for (const event of EVENTS) {
    expect(failureIn(await askAnything(socket, event, 1)).code).toBe('VALIDATION_FAILED');
    emitAnything(socket, event, 1);
  }
  await errors.atLeast(EVENTS.length);
});

test('each event fails with UNAVAILABLE while the server stops', async () => {
  const stopping = await startTestServer();
  const { token } = await signUp(stopping);
  const socket = await connect(stopping, token, { reconnection: false });
  const underWay = await beginSignUp(stopping.url);
  const stopped = stopping.close();
  for (const event of EVENTS) {
    const answer = await askAnything(socket, event, payloadOf(event, randomUUID(), token));
    expect(failureIn(answer).code).toBe('UNAVAILABLE');
  }
  await underWay.finish();
  await stopped;
});

test('events and handshakes fail with INTERNAL for an unexpected error', async () => {
  const ruined = await startTestServer();
  const { token } = await signUp(ruined);
  const socket = await connect(ruined, token);
  ruinDatabase(ruined.database);
  for (const event of ['join-session', 'message', 'authenticate', 'stop-reply', 'regenerate'] as const) {
    const answer = await askAnything(socket, event, payloadOf(event, randomUUID(), token));
    expect(failureIn(answer).code).toBe('INTERNAL');
  }
  expect((await refusalOf(newSocket(ruined, token))).data).toEqual({ code: 'INTERNAL' });
});

test('another user’s session is NOT_FOUND', async () => {
  const { body: foreign } = await api(server, (await signUp(server)).token)
    .post('/api/sessions')
    .expect(201);
  const socket = await connect(server, login.token);
  for (const event of ['join-session', 'message', 'stop-reply', 'regenerate'] as const) {
    const answer = await askAnything(socket, event, payloadOf(event, foreign.id, ''));
    expect(failureIn(answer).code).toBe('NOT_FOUND');
  }
});

test('what the app denies is FORBIDDEN, and a message fails with what the app refuses it with', async () => {
  const refuse = { code: 'CONFLICT', message: 'This chat is closed.' } as const;
  let isDenied = false;
  const hooks: ChatHooks = {
    authorize: () => !isDenied,
    onMessage: () => (isDenied ? undefined : { refuse }),
  };
  const guarded = await startTestServer({ parts: { hooks } });
  const socket = await connect(guarded, (await signUp(guarded)).token);
  const sessionId = randomUUID();
  successOf(await askToJoin(socket, sessionId));
  const refused = await askAnything(socket, 'message', payloadOf('message', sessionId, ''));
  expect(failureIn(refused)).toEqual(refuse);
  isDenied = true;
  for (const event of ['join-session', 'message', 'stop-reply', 'regenerate'] as const) {
    const answer = await askAnything(socket, event, payloadOf(event, sessionId, ''));
    expect(failureIn(answer).code).toBe('FORBIDDEN');
  }
});

test('too many events are RATE_LIMITED', async () => {
  const limited = await startTestServer({ config: { messageRatePerSecond: 1 } });
  const socket = await connect(limited, (await signUp(limited)).token);
  for (const event of ['join-session', 'message', 'regenerate'] as const) {
    const asked = Array.from({ length: 3 }, () =>
      askAnything(socket, event, payloadOf(event, randomUUID(), '')),
    );
    const codes = (await Promise.all(asked)).map((answer) => (answer.ok ? 'OK' : answer.error.code));
    expect(codes).toContain('RATE_LIMITED');
  }
});

test('a token of another login and an expired token are rejected everywhere', async () => {
  const socket = await connect(server, login.token);
  const { token } = await signUp(server);
  const other = await askAnything(socket, 'authenticate', token);
  expect(failureIn(other).code).toBe('UNAUTHENTICATED');
  expect((await refusalOf(newSocket(server, 'garbage'))).data).toEqual({ code: 'UNAUTHENTICATED' });
  const later = await startTestServer({
    parts: { clock: () => Date.now() + 2 * HOUR_MS },
    database: server.database,
  });
  const fresh = await signUp(later);
  const lateSocket = await connect(later, fresh.token);
  expect(failureIn(await askAnything(lateSocket, 'authenticate', token)).code).toBe('TOKEN_EXPIRED');
  expect((await refusalOf(newSocket(later, token))).data).toEqual({ code: 'TOKEN_EXPIRED' });
});

test('a second socket on a connection is a CONFLICT', async () => {
  const raw = await openRaw(server);
  raw.send(...Array.from({ length: 20 }, () => connectFrame({ token: login.token })));
  expect(await raw.frame('44')).toContain('"code":"CONFLICT"');
});

test('the server sends messages, changes of the list of sessions, and the expiry of a token', async () => {
  const hasty = await startTestServer({ config: { jwtExpiresInMs: 30_000 } });
  const { token } = await signUp(hasty);
  const listener = newSocket(hasty, token);
  const heard = { session: record(listener, 'session'), message: record(listener, 'message') };
  const ending = record(listener, 'token-expiring');
  listener.connect();
  await ending.atLeast(1);
  const sender = await connect(hasty, token);
  const sessionId = randomUUID();
  successOf(await askAnything(sender, 'join-session', sessionId));
  successOf(await askAnything(listener, 'join-session', { sessionId, after: 0 }));
  successOf(await askAnything(sender, 'message', { sessionId, content: 'Hello', clientMessageId: '1' }));
  successOf(await askAnything(sender, 'message', { sessionId, content: 'Hello', clientMessageId: '1' }));
  await heard.message.atLeast(2);
  await api(hasty, token).patch(`/api/sessions/${sessionId}`, { name: 'Named' }).expect(200);
  await api(hasty, token).delete(`/api/sessions/${sessionId}`).expect(204);
  const changes = await heard.session.until((events) => events.some(({ type }) => type === 'deleted'));
  expect(changes.map(({ type }) => type)).toEqual(expect.arrayContaining(['created', 'renamed', 'deleted']));
});

test('a reply that is being made is sent in pieces', async () => {
  const { responder } = scriptedResponder();
  const streaming = await startTestServer({ parts: { responder } });
  const socket = await connect(streaming, (await signUp(streaming)).token);
  const deltas = record(socket, 'reply');
  const { sessionId } = await send(socket, randomUUID(), 'Hello');
  await deltas.atLeast(1);
  expect(successOf(await askToJoin(socket, sessionId)).drafts).toHaveLength(1);
});

afterAll(() => {
  // After all tests: fails with the events that none of them received.
  const unseen = documentedEvents().filter((name) => !seenEvents.has(name));
  expect(unseen).toEqual([]);
});

/** Every event of the server, and every ack and connection error with each of its codes. */
function documentedEvents(): string[] {
  const keys = Object.keys(asyncApi.components.messages).filter((key) => /^server-|-ack$/.test(key));
  const plain = keys.filter((key) => key !== 'server-connect_error' && key !== 'server-error');
  const failures = Object.entries(asyncApi.components.messages).flatMap(([key, { examples }]) =>
    key.endsWith('-ack') ? examples.slice(1).map(({ name }) => `${key} ${name}`) : [],
  );
  const refusal = asyncApi.components.messages['server-connect_error']?.payload;
  const refusals = refusal?.properties?.data?.properties?.code?.enum ?? [];
  expect(refusals.length).toBeGreaterThan(0);
  return [
    ...plain,
    ...failures,
    ...refusals.map((code) => `server-connect_error ${code}`),
    'server-error VALIDATION_FAILED',
  ];
}
