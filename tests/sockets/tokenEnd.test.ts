import { randomUUID } from 'node:crypto';
import type { Answer } from '../../src/domain/events';
import { api, type ClientSocket, connect, newSocket, record, signUp } from '../support/client';
import { twoLogins } from '../support/logins';
import { measuresTimes } from '../support/measuredTimes';
import { askAnything, disconnection, failureIn, refusalOf, send, successOf } from '../support/socketCalls';
import { startTestServer, type TestServer } from '../support/testServer';

measuresTimes();

const HOUR_MS = 3_600_000;

describe('the end of a token', () => {
  let server: TestServer;
  let now = Date.now();

  beforeAll(async () => {
    server = await startTestServer({ parts: { clock: () => now } });
  });

  const advanceTo = (time: string, offsetMs: number) => {
    now = Date.parse(time) + offsetMs;
  };

  async function refreshed(refreshToken: string): Promise<{ token: string; expiresAt: string }> {
    return (await api(server, '').post('/api/auth/refresh', { refreshToken }).expect(200)).body;
  }

  const authenticate = (socket: ClientSocket, token: string): Promise<Answer<{ expiresAt: string }>> =>
    new Promise((resolve) => socket.emit('authenticate', token, resolve));

  test('is announced a minute before, once, and then the socket is disconnected and refused', async () => {
    const { token, expiresAt } = await signUp(server);
    const socket = await connect(server, token);
    const announced = record(socket, 'token-expiring');
    now += 30_000;
    const later = await signUp(server);
    const announcedLater = record(await connect(server, later.token), 'token-expiring');
    advanceTo(expiresAt, -61_000);
    await send(socket, randomUUID(), 'more than a minute left');
    expect(announced.seen).toEqual([]);
    advanceTo(expiresAt, -60_000);
    expect(await announced.atLeast(1)).toEqual([{ expiresAt }]);
    const end = disconnection(socket);
    // Another socket is told later, by another look at all of them.
    advanceTo(later.expiresAt, -60_000);
    await announcedLater.atLeast(1);
    advanceTo(expiresAt, 0);
    expect(await end).toBe('io server disconnect');
    expect(announced.seen).toHaveLength(1);
    expect((await refusalOf(socket)).data).toEqual({ code: 'TOKEN_EXPIRED' });
  });

  test('is put off by a fresh token of the same login', async () => {
    const { token, expiresAt, refreshToken } = await signUp(server);
    const socket = await connect(server, token);
    const announced = record(socket, 'token-expiring');
    advanceTo(expiresAt, -30_000);
    await announced.atLeast(1);
    const fresh = await refreshed(refreshToken);
    expect(await authenticate(socket, fresh.token)).toEqual({ ok: true, expiresAt: fresh.expiresAt });
    expect(Date.parse(fresh.expiresAt)).toBe(Date.parse(expiresAt) + HOUR_MS - 30_000);
    advanceTo(fresh.expiresAt, -60_000);
    expect(await announced.atLeast(2)).toEqual([{ expiresAt }, { expiresAt: fresh.expiresAt }]);
    await send(socket, randomUUID(), 'still here');
    const end = disconnection(socket);
    advanceTo(fresh.expiresAt, 0);
    expect(await end).toBe('io server disconnect');
  });

  test('stays where it was when another token is refused', async () => {
    const [mine, other] = await twoLogins(server);
    const stranger = await signUp(server);
    const socket = await connect(server, mine.token);
    const announced = record(socket, 'token-expiring');
    advanceTo(mine.expiresAt, -10 * 60_000);
    const refused: [unknown, string][] = [
      [(await refreshed(other.refreshToken)).token, 'UNAUTHENTICATED'],
      [(await refreshed(stranger.refreshToken)).token, 'UNAUTHENTICATED'],
      [mine.refreshToken, 'UNAUTHENTICATED'],
      ['garbage', 'UNAUTHENTICATED'],
      ['', 'UNAUTHENTICATED'],
      [{ $ne: null }, 'VALIDATION_FAILED'],
      [null, 'VALIDATION_FAILED'],
      [[mine.token], 'VALIDATION_FAILED'],
    ];
    for (const [token, code] of refused) {
      expect(failureIn(await askAnything(socket, 'authenticate', token)).code).toBe(code);
    }
    await send(socket, randomUUID(), 'as it was');
    advanceTo(mine.expiresAt, -1_000);
    expect(await announced.atLeast(1)).toEqual([{ expiresAt: mine.expiresAt }]);
    const end = disconnection(socket);
    advanceTo(mine.expiresAt, 0);
    await end;
  });

  test('is not put off by a token that has ended itself', async () => {
    const { token, expiresAt, refreshToken } = await signUp(server);
    advanceTo(expiresAt, -1_000);
    const fresh = await refreshed(refreshToken);
    const socket = await connect(server, fresh.token);
    advanceTo(expiresAt, 0);
    expect(failureIn(await authenticate(socket, token)).code).toBe('TOKEN_EXPIRED');
    await send(socket, randomUUID(), 'still here');
  });

  test('is not put off by a token of a login that has ended', async () => {
    const { token } = await signUp(server);
    const socket = await connect(server, token);
    const end = disconnection(socket);
    const [answer] = await Promise.all([
      api(server, token).post('/api/auth/logout').expect(204),
      Promise.race([end, authenticate(socket, token)]),
    ]);
    expect(answer.status).toBe(204);
    expect(await end).toBe('io server disconnect');
  });

  test('takes a token that lives as long as the socket’s own', async () => {
    const { token, expiresAt } = await signUp(server);
    const socket = await connect(server, token);
    expect(successOf(await authenticate(socket, token))).toMatchObject({ expiresAt });
  });
});

test('a token of three seconds is announced at once, and ends by itself', async () => {
  const server = await startTestServer({ config: { jwtExpiresInMs: 3_000 } });
  const { token, expiresAt } = await signUp(server);
  const socket = newSocket(server, token);
  const announced = record(socket, 'token-expiring');
  const end = disconnection(socket);
  socket.connect();
  expect(await announced.atLeast(1)).toEqual([{ expiresAt }]);
  expect(await end).toBe('io server disconnect');
  expect(Math.abs(Date.now() - Date.parse(expiresAt))).toBeLessThan(2_000);
  expect(announced.seen).toHaveLength(1);
});
