import { randomUUID } from 'node:crypto';
import { openSqliteStore } from '../../src/stores/sqlite/databaseThread';
import { openDatabaseFile } from '../../src/stores/sqlite/driver';
import { newExchange, newLogin, newUser, times } from '../../testkit/builders';
import { newSqliteDatabase } from '../support/testServer';

// Fails only where `node:sqlite` is used, since Node 24: the package for older versions binds whole numbers as integers.
test('guarantee 3: a session created after millions of others stores its messages in order', async () => {
  const database = newSqliteDatabase();
  const store = await openSqliteStore(database.path);
  const user = newUser();
  await store.createUser(user, newLogin(user.id));
  await store.appendExchange(newExchange(user.id, randomUUID()));
  const raw = openDatabaseFile(database.path, 1_000);
  raw.exec("UPDATE sqlite_sequence SET seq = 3000000 WHERE name = 'sessions'");
  raw.close();

  const sessionId = randomUUID();
  const exchanges = times(3, () => newExchange(user.id, sessionId));
  for (const exchange of exchanges) await store.appendExchange(exchange);
  const { reply: _, ...unanswered } = newExchange(user.id, sessionId);
  await store.appendExchange(unanswered);
  await store.appendReply({
    userId: user.id,
    sessionId,
    replyTo: unanswered.message.messageId,
    messageId: randomUUID(),
    content: 'later',
    timestamp: user.createdAt,
  });

  const seqs = async (query: { before?: number; after?: number }) =>
    (await store.readMessages(user.id, sessionId, { ...query, limit: 100 }))?.messages.map(({ seq }) => seq);
  expect(await seqs({})).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(await seqs({ after: 3 })).toEqual([4, 5, 6, 7, 8]);
  expect(await seqs({ before: 4 })).toEqual([1, 2, 3]);
  await store.close();
});
