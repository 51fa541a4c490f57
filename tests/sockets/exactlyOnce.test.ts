import { randomUUID } from 'node:crypto';
import type { Message } from '../../src/domain/message';
import { times } from '../../testkit/builders';
import { api, connect, record, signUp } from '../support/client';
import { startTestServer, testDatabases } from '../support/testServer';

describe.each(testDatabases)('guarantee 2: exactly once, on %s', (_name, makeDatabase) => {
  test('20 sends of one clientMessageId at once, over sockets and REST, are one message, one reply, 19 duplicates', async () => {
    const server = await startTestServer({ database: makeDatabase() });
    const { token } = await signUp(server);
    const sockets = await Promise.all(times(4, () => connect(server, token)));
    const [listener] = sockets;
    if (!listener) throw new Error('no socket');
    const message = { sessionId: randomUUID(), content: 'once', clientMessageId: randomUUID() };
    await listener.emitWithAck('join-session', message.sessionId);
    const live = record(listener, 'message');

    const overSockets = times(16, (index) => sockets[index % 4]?.emitWithAck('message', message));
    const overRest = times(4, () =>
      api(server, token).post(`/api/sessions/${message.sessionId}/messages`, message),
    );
    const [acks, answers] = await Promise.all([Promise.all(overSockets), Promise.all(overRest)]);

    const firsts = acks.filter((ack) => ack?.ok && !ack.duplicate).length;
    const created = answers.filter(({ status }) => status === 201).length;
    expect(firsts + created).toBe(1);
    const stored = [
      ...acks.map((ack) => ack?.ok && ack.message),
      ...answers.map(({ body }): Message => body.message),
    ];
    expect(new Set(stored.map((each) => JSON.stringify(sorted(each)))).size).toBe(1);

    await server.restart();
    const again = await api(server, token)
      .post(`/api/sessions/${message.sessionId}/messages`, message)
      .expect(200);
    expect(sorted(again.body.message)).toEqual(sorted(stored[0]));
    const { body } = await api(server, token).get(`/api/sessions/${message.sessionId}/messages`).expect(200);
    expect(body.messages.map(({ sender }: Message) => sender)).toEqual(['user', 'server']);
    const heard = await live.until((events) => events.some(({ sender }) => sender === 'server'));
    expect(heard.filter(({ sender }) => sender === 'server')).toHaveLength(1);
  });
});

function sorted(message: unknown): unknown {
  return typeof message === 'object' && message ? Object.entries(message).toSorted() : message;
}
