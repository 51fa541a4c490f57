import { times } from '../../testkit/builders';
import { api, PASSWORD, signUp } from '../support/client';
import request from '../support/documents/request';
import { startTestServer, type TestServer } from '../support/testServer';
import { authCalls, expectProblem } from './support';

const ACCOUNT = { username: 'zoe', email: 'zoe@example.com', password: PASSWORD };

describe('attempts to log in', () => {
  test('are counted per address over sign-up, login and refresh together', async () => {
    const server = await startTestServer({ config: { authRatePerMinute: 3 } });
    const { logIn, refresh, signUp: signUpWith, me } = authCalls(server);
    const { user, token } = await signUp(server);
    const allowed = await logIn(user.email, 'wrong').expect(401);
    expect(allowed.get('RateLimit')).toMatch(/^"[^"]+"; r=1; t=\d+$/);
    await refresh('wrong').expect(401);
    for (const call of [logIn(user.email, PASSWORD), refresh('wrong'), signUpWith(ACCOUNT)]) {
      const refused = await call;
      expectProblem(refused, 'RATE_LIMITED');
      expect(refused.get('Retry-After')).toMatch(/^([1-9]|[1-5]\d|60)$/);
      expect(refused.get('RateLimit')).toMatch(/^"[^"]+"; r=0; t=\d+$/);
      expect(refused.get('RateLimit-Policy')).toMatch(/^"[^"]+"; q=3; w=60/);
    }
    await me(token).expect(200);
  });

  async function statusesFor(server: TestServer, addresses: readonly string[]): Promise<number[]> {
    const statuses: number[] = [];
    for (const address of addresses) {
      const call = request(server.url).post('/api/auth/login').set('X-Forwarded-For', address);
      statuses.push((await call.send({ email: 'nobody@example.com', password: 'x' })).status);
    }
    return statuses;
  }

  test('are not reset by an address that the client invents', async () => {
    const server = await startTestServer({ config: { authRatePerMinute: 2 } });
    const addresses = ['203.0.113.1', '203.0.113.2', '203.0.113.3'];
    expect(await statusesFor(server, addresses)).toEqual([401, 401, 429]);
  });

  test('are counted per address that a trusted proxy reports', async () => {
    const server = await startTestServer({ config: { authRatePerMinute: 1, trustProxy: 1 } });
    const addresses = ['203.0.113.1', '203.0.113.2', '203.0.113.1', '203.0.113.9, 203.0.113.2'];
    expect(await statusesFor(server, addresses)).toEqual([401, 401, 429, 429]);
  });

  test('are not counted if a field is invalid, as nothing is tried', async () => {
    const server = await startTestServer({ config: { authRatePerMinute: 3 } });
    const { user, token } = await signUp(server);
    const { post, put, delete: remove } = api(server, token);
    for (let round = 0; round < 2; round += 1) {
      await post('/api/auth/signup', { ...ACCOUNT, email: 'zoe' }).expect(400);
      await post('/api/auth/login', { email: user.email, password: 7 }).expect(400);
      await post('/api/auth/refresh', { refreshToken: 7 }).expect(400);
      await put('/api/auth/password', { currentPassword: PASSWORD, newPassword: 'short' }).expect(400);
      await remove('/api/auth/me', { password: 7 }).expect(400);
    }
    const { logIn } = authCalls(server);
    const allowed = await logIn(user.email, 'wrong').expect(401);
    expect(allowed.get('RateLimit')).toMatch(/; r=1;/); // the valid sign-up and this one count;
  });

  test('are not counted with a rate of 0', async () => {
    const server = await startTestServer({ config: { authRatePerMinute: 0 } });
    const statuses = await statusesFor(
      server,
      times(30, () => '203.0.113.1'),
    );
    expect(new Set(statuses)).toEqual(new Set([401]));
  });
});

test('messages are counted per user, and a rejected one is not stored', async () => {
  const server = await startTestServer({ config: { messageRatePerSecond: 3 } });
  const first = api(server, (await signUp(server)).token);
  const second = api(server, (await signUp(server)).token);
  const { body: session } = await first.post('/api/sessions').expect(201);
  const path = `/api/sessions/${session.id}/messages`;
  const answers = await Promise.all(times(12, () => first.post(path, { content: 'Hello' })));
  const taken = answers.filter(({ status }) => status === 201);
  const refused = answers.filter(({ status }) => status !== 201);
  expect(taken.length).toBeGreaterThanOrEqual(2);
  expect(refused.length).toBeGreaterThan(0);
  for (const response of refused) {
    expectProblem(response, 'RATE_LIMITED');
    expect(response.get('Retry-After')).toBe('1');
  }
  const { body: after } = await first.get(`/api/sessions/${session.id}`).expect(200);
  expect(after.lastSeq).toBe(taken.length * 2);

  const { body: other } = await second.post('/api/sessions').expect(201);
  await second.post(`/api/sessions/${other.id}/messages`, { content: 'Hello' }).expect(201);
});
