import { times } from '../../testkit/builders';
import { api, PASSWORD, signUp } from '../support/client';
import request from '../support/documents/request';
import { logIn } from '../support/logins';
import { stopClock } from '../support/stopClock';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';
import { authCalls, expectProblem } from './support';

/** Attempts per address and minute. The limit of wrong passwords per account is ten times as high. */
const PER_ADDRESS = 2;
const PER_ACCOUNT = 20;
const SECOND_AND_LATER = /^"[^"]+"; r=\d+; t=\d+, "wrong passwords"; r=0; t=\d+$/;

/** Logs in from the address that a trusted proxy reports. */
function attempt({ url }: TestServer, address: string, email: string, password = 'a guess') {
  return request(url).post('/api/auth/login').set('X-Forwarded-For', address).send({ email, password });
}

describe.each(testDatabases)('guesses from many addresses, on %s', (_name, makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    const config = { authRatePerMinute: PER_ADDRESS, trustProxy: 1 };
    server = await startTestServer({ database: makeDatabase(), config });
  });

  /** Concurrent guesses, each from another address. The limit doesn't refill, however long they take. */
  const attack = (email: string) => {
    stopClock();
    return Promise.all(times(PER_ACCOUNT * 2, (index) => attempt(server, `198.51.100.${index}`, email)));
  };
  afterEach(() => void jest.useRealTimers());

  beforeEach(async () => {
    await server.restart();
  });

  test.each([
    ['an account', async () => (await signUp(server)).user.email],
    ['an email that nobody has', async () => 'nobody@example.com'],
  ])('for %s are limited all together', async (_whose, make) => {
    const email = await make();
    const answers = await attack(email);
    const refused = answers.filter(({ status }) => status === 429);
    const compared = answers.filter(({ status }) => status === 401);
    expect(compared.length + refused.length).toBe(answers.length);
    expect(compared).toHaveLength(PER_ACCOUNT);
    for (const answer of refused) {
      expectProblem(answer, 'RATE_LIMITED');
      expect(answer.get('Retry-After')).toMatch(/^[1-9]\d?$/);
      expect(answer.get('RateLimit')).toMatch(SECOND_AND_LATER);
      expect(answer.get('RateLimit-Policy')).toMatch(/, "wrong passwords"; q=20; w=60$/);
    }
    expectProblem(await attempt(server, '203.0.113.1', email.toUpperCase()), 'RATE_LIMITED');
  });

  test('lock out neither existing logins nor other accounts', async () => {
    const other = await signUp(server);
    const email = `owner.${other.user.email}`;
    const fields = { username: `o_${other.user.username}`.slice(0, 32), email, password: PASSWORD };
    const home = '203.0.113.7';
    const signup = request(server.url).post('/api/auth/signup').set('X-Forwarded-For', home).send(fields);
    const { body: owner } = await signup.expect(201);
    await attack(email);
    expectProblem(await attempt(server, '203.0.113.8', email, PASSWORD), 'RATE_LIMITED');
    await attempt(server, home, email, PASSWORD).expect(200);
    await authCalls(server).me(owner.token).expect(200);
    await authCalls(server).refresh(owner.refreshToken).expect(200);
    await attempt(server, '203.0.113.9', other.user.email, PASSWORD).expect(200);
  });

  test('correct passwords don’t count', async () => {
    const { user } = await signUp(server);
    for (const index of times(PER_ACCOUNT * 2, (each) => each)) {
      await attempt(server, `198.51.100.${index}`, user.email, PASSWORD).expect(200);
    }
  });

  test('guesses with a stolen token have a separate limit from logins', async () => {
    const { user, token } = await signUp(server);
    const answers = await Promise.all(
      times(PER_ACCOUNT * 2, (index) =>
        api(server, token)
          .delete('/api/auth/me', { password: 'a guess' })
          .set('X-Forwarded-For', `198.51.100.${index}`),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401, 429]));
    await logIn(server, user.email);
  });
});

test('both forms of an IPv4 address count as one, and so does an IPv6 /56', async () => {
  const server = await startTestServer({ config: { authRatePerMinute: 2, trustProxy: 1 } });
  const statusesOf = async (...addresses: string[]) => {
    const statuses: number[] = [];
    for (const address of addresses) {
      statuses.push((await attempt(server, address, 'nobody@example.com')).status);
    }
    return statuses;
  };
  expect(await statusesOf('203.0.113.1', '::ffff:203.0.113.1', '::FFFF:203.0.113.1')).toEqual([
    401, 401, 429,
  ]);
  expect(await statusesOf('::ffff:203.0.113.2', '::ffff:203.0.113.3')).toEqual([401, 401]);
  expect(await statusesOf('2001:db8::1', '2001:db8:0:ff::2', '2001:db8::3')).toEqual([401, 401, 429]);
  expect(await statusesOf('2001:db8:0:100::1')).toEqual([401]);
});

test('a device is listed with the address that the proxy reports, without an IPv4 prefix', async () => {
  const server = await startTestServer({ config: { trustProxy: 1 } });
  const { user, token } = await signUp(server);
  await attempt(server, '::ffff:203.0.113.1', user.email, PASSWORD).expect(200);
  const { body } = await api(server, token).get('/api/auth/logins').expect(200);
  expect(body.logins).toMatchObject([{ ip: '203.0.113.1' }, { ip: '127.0.0.1' }]);
});

test('new sessions count as messages, and the error says so', async () => {
  const server = await startTestServer({ config: { messageRatePerSecond: 2 } });
  const { post } = api(server, (await signUp(server)).token);
  const answers = await Promise.all(times(8, () => post('/api/sessions')));
  const refused = answers.filter(({ status }) => status !== 201);
  expect(refused.length).toBeGreaterThan(2);
  for (const answer of refused) {
    expectProblem(answer, 'RATE_LIMITED');
    expect(answer.get('Retry-After')).toBe('1');
    expect(answer.get('RateLimit')).toBe('"messages"; r=0; t=1');
    expect(answer.get('RateLimit-Policy')).toBe('"messages"; q=2; w=1');
  }
});
