import { randomUUID } from 'node:crypto';
import { times } from '../../testkit/builders';
import { api, connect, record, signUp } from '../support/client';
import { askToJoin, failureIn, join, leave, send } from '../support/socketCalls';
import { startTestServer, type TestServer, testDatabases } from '../support/testServer';

describe.each(testDatabases)(
  'guarantee 5: join-session and what it resumes, on %s',
  (_name, makeDatabase) => {
    let server: TestServer;

    beforeAll(async () => {
      server = await startTestServer({ database: makeDatabase() });
    });

    async function userWithDevices() {
      const { token, user } = await signUp(server);
      const [phone, laptop] = await Promise.all([connect(server, token), connect(server, token)]);
      return { token, user, phone, laptop };
    }

    test.each<[string, (id: string) => string | { sessionId: string }]>([
      ['a string', (id) => id],
      ['{sessionId}', (id) => ({ sessionId: id })],
    ])('takes %s, and makes up what nobody has', async (_form, targetOf) => {
      const { token, user, phone } = await userWithDevices();
      const id = randomUUID();
      const answer = await askToJoin(phone, targetOf(id));
      const createdAt = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
      const session = {
        id,
        userId: user.id,
        name: null,
        createdAt,
        lastMessageAt: null,
        lastSeq: 0,
        readSeq: 0,
        pinned: false,
        archived: false,
        preview: null,
      };
      expect(answer).toEqual({ ok: true, session });
      const { body } = await api(server, token).get(`/api/sessions/${id}`).expect(200);
      expect(answer).toEqual({ ok: true, session: body });
    });

    test('hears from then on what is sent, and nothing that was sent before', async () => {
      const { phone, laptop } = await userWithDevices();
      const id = randomUUID();
      const heard = record(laptop, 'message');
      await send(phone, id, 'before');
      await join(laptop, id);
      await send(phone, id, 'after');
      expect((await heard.atLeast(2)).map(({ seq, content }) => [seq, content])).toEqual([
        [3, 'after'],
        [4, 'after'],
      ]);
    });

    test('twice is once', async () => {
      const { phone, laptop } = await userWithDevices();
      const id = randomUUID();
      const heard = record(laptop, 'message');
      await Promise.all([join(laptop, id), join(laptop, id), join(laptop, { sessionId: id })]);
      await send(phone, id, 'once');
      await send(phone, id, 'marker');
      expect((await heard.atLeast(4)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    });

    test('with {after} answers with what came after, page by page', async () => {
      const { phone } = await userWithDevices();
      const id = randomUUID();
      await Promise.all(times(60, (index) => send(phone, id, `message ${index}`)));
      const first = await join(phone, { sessionId: id, after: 0 });
      expect(first.messages?.map(({ seq }) => seq)).toEqual(times(100, (index) => index + 1));
      expect(first).toMatchObject({ hasMore: true, session: { id, lastSeq: 120 } });
      const second = await join(phone, { sessionId: id, after: 100 });
      expect(second.messages?.map(({ seq }) => seq)).toEqual(times(20, (index) => index + 101));
      expect(second.hasMore).toBe(false);
      expect(await join(phone, { sessionId: id, after: 120 })).toMatchObject({
        messages: [],
        hasMore: false,
      });
      expect(await join(phone, { sessionId: id, after: 999 })).toMatchObject({
        messages: [],
        hasMore: false,
      });
    });

    test('with {after} returns the messages as the history has them', async () => {
      const { token, phone } = await userWithDevices();
      const id = randomUUID();
      await send(phone, id, 'Hello');
      const { body } = await api(server, token).get(`/api/sessions/${id}/messages`).expect(200);
      expect(await join(phone, { sessionId: id, after: 0 })).toMatchObject(body);
    });

    test('with {after} leaves no gap between the answer and the live events', async () => {
      const { phone, laptop } = await userWithDevices();
      const id = randomUUID();
      const live = record(laptop, 'message');
      const sending = times(40, (index) => send(phone, id, `message ${index}`));
      await sending[5];
      const { messages = [] } = await join(laptop, { sessionId: id, after: 0 });
      await live.until((seen) => seen.at(-1)?.seq === 80 || messages.length === 80);
      const seqs = new Set([...messages, ...live.seen].map(({ seq }) => seq));
      expect([...seqs].sort((one, other) => one - other)).toEqual(times(80, (index) => index + 1));
    });

    test('of another user’s session is NOT_FOUND, and hears nothing of it', async () => {
      const owner = await userWithDevices();
      const stranger = await userWithDevices();
      const { id } = (await join(owner.phone, randomUUID())).session;
      const ownId = randomUUID();
      const heard = record(stranger.phone, 'message');
      const sessions = record(stranger.phone, 'session');
      for (const target of [id, { sessionId: id }, { sessionId: id, after: 0 }]) {
        const { code, message } = failureIn(await askToJoin(stranger.phone, target));
        expect([code, message]).toEqual(['NOT_FOUND', 'Not found, or owned by another user.']);
      }
      await send(owner.phone, id, 'secret');
      await api(server, owner.token).delete(`/api/sessions/${id}`).expect(204);
      await join(stranger.phone, ownId);
      await send(stranger.laptop, ownId, 'marker');
      expect((await heard.atLeast(2)).map(({ content }) => content)).toEqual(['marker', 'marker']);
      expect(sessions.seen.filter(({ session }) => session?.id !== ownId)).toEqual([]);
    });

    test('leave-session ends the events of that session alone', async () => {
      const { phone, laptop } = await userWithDevices();
      const [left, kept] = [randomUUID(), randomUUID()];
      await join(laptop, left);
      await join(laptop, kept);
      const heard = record(laptop, 'message');
      expect(await leave(laptop, left)).toEqual({ ok: true });
      await send(phone, left, 'unheard');
      await send(phone, kept, 'marker');
      expect((await heard.atLeast(2)).map(({ content }) => content)).toEqual(['marker', 'marker']);
      expect(await leave(laptop, randomUUID())).toEqual({ ok: true });
    });
  },
);
