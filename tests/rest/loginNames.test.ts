import fc from 'fast-check';
import { times, uniqueName } from '../../testkit/builders';
import { api, PASSWORD, signUp } from '../support/client';
import request from '../support/documents/request';
import { stopClock } from '../support/stopClock';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';
import { authCalls, expectProblem } from './support';

/** Attempts per address and minute. The limit of wrong passwords per account is ten times as high. */
const PER_ADDRESS = 2;
const PER_ACCOUNT = 20;

const logInWith = ({ url }: Pick<TestServer, 'url'>, input: object) =>
  request(url).post('/api/auth/login').send(input);

describe.each(testDatabases)('the name in a login, on %s', (_name, makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase() });
  });

  test('is the email or the username, in any case and with spaces around it', async () => {
    const { user } = await signUp(server);
    for (const input of [
      { email: user.email },
      { email: ` ${user.email.toUpperCase()}\n` },
      { email: user.email, username: null },
      { username: user.username },
      { username: ` ${user.username.toUpperCase()} ` },
      { username: user.username, email: null },
    ]) {
      const { body } = await logInWith(server, { ...input, password: PASSWORD }).expect(200);
      expect(body.user).toEqual(user);
    }
  });

  test('is the email if both are there', async () => {
    const [one, other] = [await signUp(server), await signUp(server)];
    const both = { email: one.user.email, username: other.user.username, password: PASSWORD };
    expect((await logInWith(server, both).expect(200)).body.user).toEqual(one.user);
    const unknown = await logInWith(server, { ...both, email: 'nobody@example.com' });
    expectProblem(unknown, 'INVALID_CREDENTIALS');
  });

  test('must be there', async () => {
    const none = await logInWith(server, { password: PASSWORD });
    expectProblem(none, 'VALIDATION_FAILED', ['email']);
    expect(none.body.detail).toBe('email must be given, or "username".');
    const nulls = await logInWith(server, { email: null, username: null });
    expectProblem(nulls, 'VALIDATION_FAILED', ['password', 'email']);
    expectProblem(await logInWith(server, { username: 7, password: PASSWORD }), 'VALIDATION_FAILED', [
      'username',
    ]);
  });

  test('is not found under an email as a username, or the other way round', async () => {
    const { user } = await signUp(server);
    for (const input of [{ username: user.email }, { email: user.username }, { username: '' }]) {
      expectProblem(await logInWith(server, { ...input, password: PASSWORD }), 'INVALID_CREDENTIALS');
    }
  });

  test('is of ASCII letters: the Kelvin sign is no "k"', async () => {
    const { user } = await signUp(server);
    const username = `k${uniqueName()}`.slice(0, 32);
    const input = { username, email: `k.${user.email}`, password: PASSWORD };
    await authCalls(server).signUp(input).expect(201);
    await logInWith(server, { username: username.toUpperCase(), password: PASSWORD }).expect(200);
    const kelvin = { username: username.replace('k', '\u212a'), password: PASSWORD };
    expectProblem(await logInWith(server, kelvin), 'INVALID_CREDENTIALS');
  });

  test('gets the same response for an unknown username as for a wrong password', async () => {
    const { user } = await signUp(server);
    const wrong = await logInWith(server, { username: user.username, password: 'a guess' });
    expectProblem(wrong, 'INVALID_CREDENTIALS');
    const unknown = await logInWith(server, { username: uniqueName(), password: 'a guess' });
    expect({ ...unknown.body, requestId: '' }).toEqual({ ...wrong.body, requestId: '' });
  });
});

describe('wrong passwords count', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ config: { authRatePerMinute: PER_ADDRESS, trustProxy: 1 } });
  });
  beforeEach(() => stopClock());
  afterEach(() => void jest.useRealTimers());

  let addresses = 0;
  /** A guess from an address of its own. */
  const guess = (name: object) => {
    addresses += 1;
    return logInWith(server, { ...name, password: 'a guess' }).set(
      'X-Forwarded-For',
      `198.51.${Math.floor(addresses / 250)}.${addresses % 250}`,
    );
  };

  test('together under both names of an account', async () => {
    const { user } = await signUp(server);
    const names = [{ email: user.email }, { username: user.username }, { email: ` ${user.email}` }];
    const answers = await Promise.all(times(PER_ACCOUNT + 10, (i) => guess(names[i % names.length] ?? {})));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(PER_ACCOUNT);
    for (const name of names) expectProblem(await guess(name), 'RATE_LIMITED');
  });

  test('together for all forms of a name that nobody has', async () => {
    for (const names of [
      [{ username: 'Nobody' }, { username: ' nobody ' }],
      [{ email: 'e\u0301@münchen.de' }, { email: 'É@XN--MNCHEN-3YA.DE ' }],
    ]) {
      const answers = await Promise.all(times(PER_ACCOUNT + 10, (i) => guess(names[i % 2] ?? {})));
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(PER_ACCOUNT);
      for (const name of names) expectProblem(await guess(name), 'RATE_LIMITED');
    }
  });
});

describe.each(testDatabases)('an email, on %s', (_name, makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase() });
  });

  test('is one account in all its forms, and is returned in one of them', async () => {
    const username = uniqueName();
    const canonical = `é.${username}@xn--mnchen-3ya.de`;
    const forms = fc
      .record({
        local: fc.constantFrom(`é.${username}`, `É.${username.toUpperCase()}`),
        domain: fc.constantFrom('münchen.de', 'MÜNCHEN.de', 'xn--mnchen-3ya.de', 'XN--MNCHEN-3YA.DE'),
        form: fc.constantFrom('NFC', 'NFD'),
        space: fc.constantFrom('', ' '),
      })
      .map(({ local, domain, form, space }) => `${space}${local}@${domain}${space}`.normalize(form));
    const [first = '', ...others] = fc.sample(forms, 12);
    const { body } = await authCalls(server)
      .signUp({ username, email: first, password: PASSWORD })
      .expect(201);
    expect(body.user.email).toBe(canonical);
    for (const email of others) {
      const { body: login } = await authCalls(server).logIn(email, PASSWORD).expect(200);
      expect(login.user).toEqual(body.user);
      const again = { username: uniqueName(), email, password: PASSWORD };
      expectProblem(await authCalls(server).signUp(again), 'EMAIL_TAKEN');
    }
    const other = await signUp(server);
    for (const email of others.slice(0, 3)) {
      expectProblem(await api(server, other.token).patch('/api/auth/me', { email }), 'EMAIL_TAKEN');
    }
    const moved = await api(server, body.token).patch('/api/auth/me', {
      email: `${username}@bücher.example`,
    });
    expect(moved.body.email).toBe(`${username}@xn--bcher-kva.example`);
  });

  test.each(['\u200b', '\u202e', '\u00ad'])(
    'with the invisible character %j is refused',
    async (character) => {
      const username = uniqueName();
      const email = `${username}${character}x@example.com`;
      const refused = await authCalls(server).signUp({ username, email, password: PASSWORD });
      expectProblem(refused, 'VALIDATION_FAILED', ['email']);
      expect(refused.body.detail).toBe('email must not contain invisible characters.');
      const { token } = await signUp(server);
      expectProblem(await api(server, token).patch('/api/auth/me', { email }), 'VALIDATION_FAILED', [
        'email',
      ]);
    },
  );
});
