import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { connections, mongo } from 'mongoose';
import { openMongoStore } from '../../src/stores/mongo/store';
import { at, newExchange, newLogin, newQuestion, newReply, newUser, times } from '../../testkit/builders';
import { describeWithMongo } from '../support/describeWithMongo';
import { mongoUrlForTest } from '../support/testMongo';
import { addUser, append, appendAndFind, chatErrorOf, present, readAll, seqsTo } from './storeFixture';

describeWithMongo('MongoDB store: writes', () => {
  function urlWith(options: string): string {
    const url = present(mongoUrlForTest());
    return `${url}${url.includes('?') ? '&' : '?'}${options}`;
  }

  function clientOf(url: string): mongo.MongoClient {
    const { dbName } = new mongo.MongoClient(url).options;
    return present(connections.find(({ name }) => name === dbName)).getClient();
  }

  test('wait for the disks of a majority, even if the URL has other options', async () => {
    const url = urlWith('w=1&journal=false&readPreference=secondaryPreferred&monitorCommands=true');
    const store = await openMongoStore(url);
    const client = clientOf(url);
    const started: mongo.CommandStartedEvent[] = [];
    client.on('commandStarted', (event) => started.push(event));

    const user = newUser();
    await store.createUser(user, newLogin(user.id));
    const { session, message } = await appendAndFind(store, newQuestion(user.id, randomUUID()));
    await store.appendReply(newReply(user.id, message));
    await store.updateSession(user.id, session.id, { name: 'Name' });
    await store.deleteSession(user.id, session.id);
    await store.close();

    const writes = started.filter(({ commandName }) => ['insert', 'update', 'delete'].includes(commandName));
    expect(new Set(writes.map(({ commandName }) => commandName)).size).toBe(3);
    for (const { command } of writes) expect(command.writeConcern).toEqual({ w: 'majority', j: true });
    expect(client.options.readPreference.mode).toBe('primary');
  });

  test('if several servers reply to unanswered messages, each message gets one reply', async () => {
    const url = present(mongoUrlForTest());
    const stores = await Promise.all(times(2, () => openMongoStore(url)));
    const [one, two] = [present(stores[0]), present(stores[1])];
    const { id: userId } = await addUser(one);
    const sessionId = randomUUID();
    await Promise.all(times(10, () => append(one, newQuestion(userId, sessionId))));

    const answer = async (store: typeof one) => {
      const found = await store.findUnanswered(100);
      return Promise.all(found.map(({ message }) => store.appendReply(newReply(userId, message))));
    };
    const sends = times(10, () => append(two, newExchange(userId, sessionId)));
    const replies = (await Promise.all([answer(one), answer(two)])).flat().filter((reply) => reply !== null);
    await Promise.all(sends);

    const messages = await readAll(one, userId, sessionId);
    expect(messages.map(({ seq }) => seq)).toEqual(seqsTo(40));
    const answered = messages.flatMap(({ replyTo }) => replyTo ?? []);
    expect(answered).toHaveLength(20);
    expect(new Set(answered).size).toBe(20);
    expect(messages).toEqual(expect.arrayContaining(replies));
    expect(await two.findUnanswered(100)).toEqual([]);
    await Promise.all(stores.map((store) => store.close()));
  });
});

describeWithMongo('MongoDB store: logins of earlier versions', () => {
  test('count as received at their last refresh, so that the token before it does not work again', async () => {
    const url = present(mongoUrlForTest());
    const store = await openMongoStore(url);
    const user = await addUser(store);
    const login = newLogin(user.id, { lastUsedAt: at(60), generation: 7, confirmedAt: null });
    await store.createLogin(login, user.passwordHash);
    const { dbName } = new mongo.MongoClient(url).options;
    const connection = present(connections.find(({ name }) => name === dbName));
    await connection
      .collection<{ _id: string }>('logins')
      .updateOne({ _id: login.id }, { $unset: { confirmedAt: 1 } });

    expect(await store.findLogin(login.id)).toStrictEqual({ ...login, confirmedAt: at(60) });
    await store.close();
  });
});

describe('MongoDB store: no server', () => {
  async function listening(): Promise<{ server: Server; url: string }> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('No port');
    return { server, url: `mongodb://127.0.0.1:${address.port}/chat` };
  }

  test('a closed port is UNAVAILABLE within 5 s', async () => {
    const { server, url } = await listening();
    await new Promise((resolve) => server.close(resolve));
    await chatErrorOf(openMongoStore(url), 'UNAVAILABLE');
  }, 5_000);

  test('a server that does not respond is UNAVAILABLE within 5 s', async () => {
    const { server, url } = await listening();
    server.on('connection', (socket) => socket.unref());
    await chatErrorOf(openMongoStore(url), 'UNAVAILABLE');
    server.close();
  }, 5_000);
});
