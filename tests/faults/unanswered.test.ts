import { randomUUID } from 'node:crypto';
import type { Message } from '../../src/domain/message';
import { openStore } from '../../src/stores/open';
import { newExchange, newLogin, newUser, times } from '../../testkit/builders';
import { pollUntil } from '../../testkit/waiting';
import { startTestServer, testDatabases } from '../support/testServer';

const MESSAGES = 30;

describe.each(testDatabases)(
  'guarantee 4: every user message gets its reply, once, on %s',
  (_name, makeDatabase) => {
    test('also when two servers start on a database with messages that a crash left unanswered', async () => {
      const database = makeDatabase();
      const user = newUser();
      const sessionId = randomUUID();
      const store = await openStore(database);
      await store.createUser(user, newLogin(user.id));
      const unanswered = times(MESSAGES, () => newExchange(user.id, sessionId));
      for (const { reply: _, ...exchange } of unanswered) await store.appendExchange(exchange);

      await Promise.all([startTestServer({ database }), startTestServer({ database })]);

      const history = await untilAnswered(async () => {
        const page = await store.readMessages(user.id, sessionId, { limit: 100 });
        return page?.messages ?? [];
      });
      await store.close();
      expect(history.map(({ seq }) => seq)).toEqual(times(MESSAGES * 2, (index) => index + 1));
      const answered = history.flatMap(({ replyTo }) => replyTo ?? []);
      expect(answered.toSorted()).toEqual(unanswered.map(({ message }) => message.messageId).toSorted());
    });
  },
);

/** Reads until every user message has a reply; whether it has just one is for the test to say. */
function untilAnswered(read: () => Promise<Message[]>): Promise<Message[]> {
  return pollUntil(read, (history) => history.filter(({ sender }) => sender === 'server').length >= MESSAGES);
}
