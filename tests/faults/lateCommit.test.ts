import { randomUUID } from 'node:crypto';
import { echo } from '../../src/responders/echo';
import type { Prompt, Responder } from '../../src/responders/responder';
import { connect, record, signUp } from '../support/client';
import { deferred } from '../support/deferred';
import { ask, join, send } from '../support/socketCalls';
import { startTestServer } from '../support/testServer';
import { awayDatabases } from './awayDatabase';

const responders: Responder[] = [echo, { kind: 'deferred', respond: async ({ content }) => content }];
const frozen = awayDatabases.filter(([name]) => name === 'MongoDB, frozen');

describe.each(frozen)(
  'what is stored after its sender was told UNAVAILABLE, on %s',
  (_name, makeDatabase) => {
    test.each(responders)(
      'guarantees 4 and 6: is answered and heard, by a $kind responder',
      async (responder) => {
        const database = await makeDatabase();
        const server = await startTestServer({ database: database.config, parts: { responder } });
        const { token } = await signUp(server);
        const [phone, laptop] = [await connect(server, token), await connect(server, token)];
        const sessionId = randomUUID();
        await join(laptop, sessionId);
        const heard = [record(phone, 'message'), record(laptop, 'message')] as const;
        await send(phone, sessionId, 'first');
        await heard[0].atLeast(1);

        database.takeAway();
        const refused = await ask(phone, { sessionId, content: 'late', clientMessageId: 'late' });
        expect(refused).toMatchObject({ ok: false, error: { code: 'UNAVAILABLE' } });
        await database.giveBack();
        await Promise.all([heard[0].atLeast(2), heard[1].atLeast(4)]);
        while (!(await ask(phone, { sessionId, content: 'late', clientMessageId: 'late' })).ok);
        // Its own messages no socket hears, and a repetition nobody.
        while (!(await ask(laptop, { sessionId, content: 'next' })).ok);
        await Promise.all([heard[0].atLeast(4), heard[1].atLeast(5)]);
        expect(heard.map(({ seen }) => seen.map(({ seq }) => seq))).toEqual([
          [2, 4, 5, 6],
          [1, 2, 3, 4, 6],
        ]);
        await server.close();
        await database.end();
      },
      30_000,
    );

    test('guarantee 4: a deferred reply is heard live, although storing it took too long', async () => {
      const answer = deferred<string>();
      const respond = ({ content }: Prompt) => (content === 'question' ? answer.promise : never());
      const database = await makeDatabase();
      const server = await startTestServer({
        database: database.config,
        parts: { responder: { kind: 'deferred', respond } },
      });
      const { token } = await signUp(server);
      const socket = await connect(server, token);
      const heard = record(socket, 'message');
      const { messageId } = await send(socket, randomUUID(), 'question');

      database.takeAway();
      answer.resolve('late');
      // Sent after the reply was ready, so that when it is refused the reply has been given up too.
      const refused = await ask(socket, { sessionId: randomUUID(), content: 'refused' });
      expect(refused).toMatchObject({ ok: false, error: { code: 'UNAVAILABLE' } });
      await database.giveBack();
      expect(await heard.atLeast(1)).toMatchObject([{ seq: 2, content: 'late', replyTo: messageId }]);
      await server.close();
      await database.end();
    }, 30_000);
  },
);

function never(): Promise<string> {
  return new Promise(() => {});
}
