import { randomUUID } from 'node:crypto';
import { times, uniqueName } from '../../testkit/builders';
import { api, connect, PASSWORD, signUp } from '../support/client';
import { disconnection, send } from '../support/socketCalls';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';
import { authCalls, expectProblem, TIMESTAMP, UUID } from './support';

function newAccount() {
  const username = uniqueName();
  return { username, email: `${username}@example.com`, password: PASSWORD };
}

const beGuest = async (server: TestServer) =>
  (await api(server, '').post('/api/auth/guest').expect(201)).body;

describe.each(testDatabases)('guests, on %s', (_name, makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase(), config: { guests: true } });
  });

  test('get an account with a username and no email, and a login like any other', async () => {
    const guest = await beGuest(server);
    expect(guest).toEqual({
      user: {
        id: UUID,
        username: expect.stringMatching(/^guest-[a-z2-9]{8}$/),
        email: null,
        createdAt: TIMESTAMP,
        updatedAt: guest.user.createdAt,
      },
      token: expect.any(String),
      expiresAt: TIMESTAMP,
      refreshToken: expect.any(String),
    });
    expect((await authCalls(server).me(guest.token).expect(200)).body).toEqual(guest.user);
    const { body } = await authCalls(server).refresh(guest.refreshToken).expect(200);
    expect(body.user).toEqual(guest.user);
    await send(await connect(server, body.token), randomUUID(), 'hello');
    expect((await beGuest(server)).user.id).not.toBe(guest.user.id);
  });

  test('sign up with their token, and keep id, chats, login and sockets', async () => {
    const guest = await beGuest(server);
    const socket = await connect(server, guest.token);
    const { sessionId } = await send(socket, randomUUID(), 'before');
    const account = newAccount();
    const { body } = await api(server, guest.token).post('/api/auth/signup', account).expect(201);
    const { username, email } = account;
    expect(body.user).toMatchObject({ id: guest.user.id, username, email, createdAt: guest.user.createdAt });
    await send(socket, sessionId, 'after');
    await authCalls(server).me(guest.token).expect(200);
    await authCalls(server).refresh(body.refreshToken).expect(200);
    const elsewhere = await authCalls(server).logIn(email, PASSWORD).expect(200);
    expect(elsewhere.body.user.id).toBe(guest.user.id);
    const path = `/api/sessions/${sessionId}/messages`;
    const history = await api(server, elsewhere.body.token).get(path).expect(200);
    expect(history.body.messages.map(({ content }: { content: string }) => content)).toEqual([
      'before',
      'before',
      'after',
      'after',
    ]);
  });

  test('can’t log in before with any password, nor set one or an email', async () => {
    const { user, token } = await beGuest(server);
    for (const password of ['', '-', '!', '!-', PASSWORD, 'x'.repeat(60)]) {
      const answer = await api(server, '').post('/api/auth/login', { username: user.username, password });
      expectProblem(answer, 'INVALID_CREDENTIALS');
    }
    const passwords = { currentPassword: '-', newPassword: PASSWORD };
    expectProblem(await api(server, token).put('/api/auth/password', passwords), 'FORBIDDEN');
    expectProblem(await api(server, token).patch('/api/auth/me', { email: newAccount().email }), 'FORBIDDEN');
    const { body } = await api(server, token).patch('/api/auth/me', { username: uniqueName() }).expect(200);
    expect(body).toMatchObject({ id: user.id, email: null });
  });

  test('a refused sign-up leaves the guest as it was', async () => {
    const { user: holder } = await signUp(server);
    const { user, token } = await beGuest(server);
    const post = (fields: object) =>
      api(server, token).post('/api/auth/signup', { ...newAccount(), ...fields });
    expectProblem(await post({ username: holder.username }), 'USERNAME_TAKEN');
    expectProblem(await post({ email: holder.email }), 'EMAIL_TAKEN');
    expectProblem(await post({ password: 'short' }), 'VALIDATION_FAILED', ['password']);
    expect((await authCalls(server).me(token).expect(200)).body).toEqual(user);
  });

  test('of several sign-ups of a guest at once, one succeeds', async () => {
    const { user, token } = await beGuest(server);
    const answers = await Promise.all(
      times(4, () => api(server, token).post('/api/auth/signup', newAccount())),
    );
    const [made] = answers.filter(({ status }) => status === 201);
    expect(made?.body.user.id).toBe(user.id);
    for (const answer of answers.filter((each) => each !== made)) expectProblem(answer, 'CONFLICT');
    const { body } = await authCalls(server).me(token).expect(200);
    expect(body).toEqual(made?.body.user);
  });

  test('a sign-up with a token that is not a guest’s creates nothing', async () => {
    const { token } = await signUp(server);
    expectProblem(await api(server, token).post('/api/auth/signup', newAccount()), 'CONFLICT');
    const account = newAccount();
    expectProblem(await api(server, 'garbage').post('/api/auth/signup', account), 'UNAUTHENTICATED');
    await authCalls(server).signUp(account).expect(201);
  });

  test('delete their account without a password, with its sockets', async () => {
    const { user, token } = await beGuest(server);
    const end = disconnection(await connect(server, token));
    await api(server, token).delete('/api/auth/me').expect(204);
    expect(await end).toBe('io server disconnect');
    expectProblem(await authCalls(server).me(token), 'UNAUTHENTICATED');
    const full = await signUp(server);
    expectProblem(await api(server, full.token).delete('/api/auth/me'), 'VALIDATION_FAILED', ['password']);
    expect(user.email).toBeNull();
  });
});

test('without GUESTS=on there are no guests, and a token at sign-up is ignored', async () => {
  const server = await startTestServer();
  const refused = await api(server, '').post('/api/auth/guest');
  expectProblem(refused, 'FORBIDDEN');
  expect(refused.body.detail).toContain('Guests are not allowed');
  await api(server, 'garbage').post('/api/auth/signup', newAccount()).expect(201);
});

test('guests count toward the attempts of an address, as sign-ups do', async () => {
  const server = await startTestServer({ config: { guests: true, authRatePerMinute: 2 } });
  for (const _ of [1, 2]) await beGuest(server);
  expectProblem(await api(server, '').post('/api/auth/guest'), 'RATE_LIMITED');
  expectProblem(await authCalls(server).signUp(newAccount()), 'RATE_LIMITED');
});
