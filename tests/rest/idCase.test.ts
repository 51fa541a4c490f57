import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { decode, sign } from 'jsonwebtoken';
import { api, connect, record, signUp } from '../support/client';
import { logIn } from '../support/logins';
import { ask, askToJoin, join, leave, successOf } from '../support/socketCalls';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';
import { authCalls } from './support';

const SECRET = 'the secret of a server whose ids are capitals';

/** Functions that write the letters of a text in random cases: a choice of its own for each call. */
const randomCases = fc
  .infiniteStream(fc.boolean())
  .map(
    (capitals) => (text: string) =>
      Array.from(text, (letter) =>
        capitals.next().value ? letter.toUpperCase() : letter.toLowerCase(),
      ).join(''),
  );

describe.each(testDatabases)('ids in any case are the same, on %s', (_name, makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: makeDatabase(), config: { jwtSecrets: [SECRET] } });
  });

  test('a session of capitals is the session of small letters, also for a repeated message', async () => {
    const { token } = await signUp(server);
    const { get, post } = api(server, token);
    const id = randomUUID();
    const { body: created } = await post('/api/sessions', { id: id.toUpperCase() }).expect(201);
    expect(created.id).toBe(id);
    expect((await post('/api/sessions', { id }).expect(200)).body).toEqual(created);
    const sending = { content: 'Hello', clientMessageId: 'Mine' };
    await post(`/api/sessions/${id.toUpperCase()}/messages`, sending).expect(201);
    await post(`/api/sessions/${id}/messages`, sending).expect(200);
    // A clientMessageId is any text, so its case counts.
    await post(`/api/sessions/${id}/messages`, { ...sending, clientMessageId: 'mine' }).expect(201);
    const { body } = await get(`/api/sessions/${id.toUpperCase()}/messages`).expect(200);
    expect(body.messages.map(({ seq }: { seq: number }) => seq)).toEqual([1, 2, 3, 4]);
    expect((await get('/api/sessions')).body.sessions).toHaveLength(1);
  });

  test('in every path, body, event and cursor', async () => {
    const { user, token } = await signUp(server);
    const { get, post, patch, delete: remove } = api(server, token);
    const [phone, laptop] = await Promise.all([connect(server, token), connect(server, token)]);
    const heard = record(laptop, 'message');
    await fc.assert(
      fc.asyncProperty(fc.uuid(), randomCases, async (id, inAnyCase) => {
        const path = () => `/api/sessions/${inAnyCase(id)}`;
        const joined = successOf(await askToJoin(phone, inAnyCase(id)));
        expect(joined.session).toMatchObject({ id, userId: user.id });
        await join(laptop, { sessionId: inAnyCase(id), after: 0 });
        const { message } = successOf(await ask(phone, { sessionId: inAnyCase(id), content: 'one' }));
        expect(message.sessionId).toBe(id);
        const { body: sent } = await post(`${path()}/messages`, { content: 'two' }).expect(201);
        expect([sent.message.sessionId, sent.message.seq]).toEqual([id, 3]);
        await heard.until((events) => events.filter(({ sessionId }) => sessionId === id).length === 4);
        expect(successOf(await leave(laptop, inAnyCase(id)))).toBeTruthy();

        expect((await post('/api/sessions', { id: inAnyCase(id) }).expect(200)).body.id).toBe(id);
        expect((await patch(path(), { name: 'renamed' }).expect(200)).body.id).toBe(id);
        expect((await get(path()).expect(200)).body).toMatchObject({ id, name: 'renamed' });
        const { body: page } = await get(`${path()}/messages`).expect(200);
        expect(page.messages).toHaveLength(4);
        await remove(path()).expect(204);
        await get(path()).expect(404);
      }),
      { numRuns: 10 },
    );
  });

  test('of a login that is ended', async () => {
    const { user, token } = await signUp(server);
    const other = await logIn(server, user.email);
    const { body } = await api(server, token).get('/api/auth/logins').expect(200);
    const { id } = body.logins.find(({ current }: { current: boolean }) => !current);
    await api(server, token).delete(`/api/auth/logins/${id.toUpperCase()}`).expect(204);
    await authCalls(server).me(other.token).expect(401);
  });

  test('in the claims of both tokens', async () => {
    const { user, token, refreshToken } = await signUp(server);
    const withCapitals = (text: string) => {
      const claims = decode(text, { json: true }) ?? {};
      const { sub = '', login } = claims;
      return sign({ ...claims, sub: sub.toUpperCase(), login: String(login).toUpperCase() }, SECRET);
    };
    expect((await authCalls(server).me(withCapitals(token)).expect(200)).body).toEqual(user);
    const socket = await connect(server, withCapitals(token));
    const id = randomUUID();
    expect((await join(socket, id)).session.userId).toBe(user.id);
    await api(server, token).get(`/api/sessions/${id}`).expect(200);
    const { body } = await authCalls(server).refresh(withCapitals(refreshToken)).expect(200);
    expect(body.user).toEqual(user);
  });
});
