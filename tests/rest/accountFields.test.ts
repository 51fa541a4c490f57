import { uniqueName } from '../../testkit/builders';
import { PASSWORD } from '../support/client';
import { startTestServer, type TestServer } from '../support/testServer';
import { authCalls, expectProblem } from './support';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});

/** The fields of a valid sign-up. */
function account(fields: object = {}) {
  const username = uniqueName();
  return { username, email: `${username}@example.com`, password: PASSWORD, ...fields };
}

/** An address of this length: the longest local part, and labels of the longest kind. */
function emailOf(length: number): string {
  const domain = `${'d'.repeat(63)}.${'d'.repeat(63)}.${'d'.repeat(length - 193 - 4)}.com`;
  return `${uniqueName().padEnd(64, 'x')}@${domain}`;
}

describe('a username', () => {
  test.each([
    ['3 characters', 'abc'],
    ['32 characters', 'x'.repeat(32)],
    ['every character that is allowed', 'aZ09_.-'],
    ['a name of JavaScript', 'constructor'],
  ])('may have %s', async (_what, username) => {
    const { body } = await authCalls(server).signUp(account({ username })).expect(201);
    expect(body.user.username).toBe(username);
  });

  test.each([
    ['nothing', ''],
    ['2 characters', 'ab'],
    ['33 characters', 'x'.repeat(33)],
    ['a blank', 'john doe'],
    ['a blank at its end', 'johndoe '],
    ['a line break at its end', 'johndoe\n'],
    ['an accent', 'jöhndoe'],
    ['a look-alike in Cyrillic', 'jоhndoe'],
    ['digits of another script', '١٢٣٤'],
    ['an at sign', 'john@doe'],
    ['markup', '<b>john</b>'],
    ['NUL', 'john\0doe'],
    ['half of a surrogate pair', 'john\ud83ddoe'],
  ])('may not have %s', async (_what, username) => {
    const input = account({ username });
    expectProblem(await authCalls(server).signUp(input), 'VALIDATION_FAILED', ['username']);
    await authCalls(server)
      .signUp({ ...input, username: uniqueName() })
      .expect(201);
  });
});

describe('an email', () => {
  test('may have 254 characters', async () => {
    const email = emailOf(254);
    expect(email).toHaveLength(254);
    await authCalls(server).signUp(account({ email })).expect(201);
    await authCalls(server).logIn(email, PASSWORD).expect(200);
  });

  test.each([
    ['nothing', ''],
    ['255 characters', emailOf(255)],
    ['no at sign', 'john.example.com'],
    ['two at signs', 'john@doe@example.com'],
    ['no domain', 'john@'],
    ['no local part', '@example.com'],
    ['a name before it', 'John <john@example.com>'],
    ['a blank in it', 'john @example.com'],
    ['a header after it', 'john@example.com\r\nBcc: all@example.com'],
    ['NUL', 'john\0@example.com'],
    ['half of a surrogate pair', 'john\udc00@example.com'],
    [
      'invisible characters past its length',
      `john${'\ufe0f'.repeat(15)}@${'d'.repeat(63)}.${'e.'.repeat(90)}com`,
    ],
  ])('may not have %s', async (_what, email) => {
    const input = account({ email });
    expectProblem(await authCalls(server).signUp(input), 'VALIDATION_FAILED', ['email']);
    await authCalls(server)
      .signUp({ ...input, email: `${input.username}@example.com` })
      .expect(201);
  });
});

describe('a password', () => {
  test.each([
    ['8 characters', 'zq7-kv2x'],
    ['128 characters', 'zq7-kv2x'.repeat(16)],
    ['8 characters of two code units', '🐴🔋📎🧷🪤🧮🪗🥁'],
    ['128 characters of four bytes', '🐴🔋📎🧷🪤🧮🪗🥁'.repeat(16)],
    ['blanks at its ends', '  zq7-kv2x  '],
  ])('may have %s', async (_what, password) => {
    const { username, email } = account();
    await authCalls(server).signUp({ username, email, password }).expect(201);
    await authCalls(server).logIn(email, password).expect(200);
  });

  test.each([
    ['nothing', ''],
    ['7 characters', 'zq7-kv2'],
    ['7 characters of two code units', '🐴🔋📎🧷🪤🧮🪗'],
    ['129 characters', `${'zq7-kv2x'.repeat(16)}!`],
    ['invisible characters past its length', `zq7-kv2x${'\ufe0f'.repeat(121)}`],
    ['NUL', 'zq7-kv2x\0'],
    ['half of a surrogate pair', 'zq7-kv2x\ud83d'],
  ])('may not have %s', async (_what, password) => {
    const input = account({ password });
    expectProblem(await authCalls(server).signUp(input), 'VALIDATION_FAILED', ['password']);
    await authCalls(server)
      .signUp({ ...input, password: PASSWORD })
      .expect(201);
  });
});

test('every invalid field is named in one response', async () => {
  const response = await authCalls(server).signUp({ username: 'x', email: 'x', password: 'x' });
  expectProblem(response, 'VALIDATION_FAILED', ['username', 'email', 'password']);
  expectProblem(await authCalls(server).signUp({}), 'VALIDATION_FAILED', ['username', 'email', 'password']);
});
