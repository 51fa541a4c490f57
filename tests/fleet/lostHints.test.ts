import { randomUUID } from 'node:crypto';
import { createClient } from '@redis/client';
import { createConnection } from 'mongoose';
import { openMongoStore } from '../../src/stores/mongo/store';
import { newExchange } from '../../testkit/builders';
import type { RunningServer } from '../../testkit/server';
import { Changes } from '../../testkit/waiting';
import { present } from '../contract/storeFixture';
import { connect, record, signUp } from '../support/client';
import { describeWith } from '../support/describeWith';
import { describeWithMongo } from '../support/describeWithMongo';
import { startFleet } from '../support/fleet';
import { missingRedis, startRedis } from '../support/redisServer';
import { ask, join, send, successOf } from '../support/socketCalls';

function mongoUrlOf({ database }: RunningServer): string {
  if (database.kind !== 'mongodb') throw new Error('the database is MongoDB');
  return database.url;
}

/** A device on the second node in a session with two messages. */
async function deviceOn(servers: readonly RunningServer[]) {
  const [first, second] = [present(servers[0]), present(servers[1])];
  const { token, user } = await signUp(first);
  const device = await connect(second, token);
  const sessionId = randomUUID();
  const heard = record(device, 'message');
  await send(device, sessionId, 'before');
  await heard.atLeast(1);
  return { token, userId: user.id, device, sessionId, heard };
}

/**
 * Stores a message and its reply as a node that is killed before it has notified anybody: `inserted`, before it has noted them in the
 * session, or `committed`, after that.
 */
async function storeSilently(
  url: string,
  { userId, sessionId }: { userId: string; sessionId: string },
  state: 'inserted' | 'committed',
): Promise<void> {
  const connection = await createConnection(url).asPromise();
  const sessions = connection.collection<{ _id: string; key: string }>('sessions');
  const sessionKey = present(await sessions.findOne({ _id: sessionId })).key;
  const { message, reply } = newExchange(userId, sessionId);
  const common = { sessionId, sessionKey };
  const isInserted = state === 'inserted';
  const question = { ...common, ...message, sender: 'user', seq: 3, ...(isInserted && { unanswered: true }) };
  const answer = { ...common, ...reply, sender: 'server', seq: 4, replyTo: message.messageId };
  const messages = connection.collection<{ _id: string; [field: string]: unknown }>('messages');
  await messages.insertMany([
    { ...question, _id: message.messageId },
    { ...answer, _id: reply.messageId },
  ]);
  if (!isInserted) await sessions.updateOne({ _id: sessionId }, { $set: { lastSeq: 4 } });
  await connection.close();
}

describeWithMongo('messages that no hint has named', () => {
  describeWith(missingRedis(), 'with Redis', () => {
    test('reach the devices of other nodes, if their node was killed after the commit and before the hint', async () => {
      const redis = await startRedis();
      const servers = await startFleet({ redisUrl: redis.url });
      const { heard, ...session } = await deviceOn(servers);
      await storeSilently(mongoUrlOf(present(servers[0])), session, 'committed');
      const seen = await heard.until((all) => all.some(({ seq }) => seq === 4));
      expect(seen.filter(({ seq }) => seq > 2).map(({ seq }) => seq)).toEqual([3, 4]);
    });

    test('are named by a hint as soon as the node that notes them in their session has done so', async () => {
      const redis = await startRedis();
      const servers = await startFleet({ redisUrl: redis.url });
      const { heard, ...session } = await deviceOn(servers);
      const eavesdropper = createClient({ url: redis.url });
      await eavesdropper.connect();
      const hints: string[] = [];
      const changes = new Changes();
      await eavesdropper.pSubscribe(`chat:*:user:${session.userId}`, (message) => {
        hints.push(message);
        changes.notify();
      });
      await storeSilently(mongoUrlOf(present(servers[0])), session, 'inserted');
      await changes.until(() => hints.some((hint) => hint.includes('"seq":4')));
      await heard.until((all) => all.some(({ seq }) => seq === 4));
      eavesdropper.destroy();
    });

    test('of nodes on different Redis servers are found, because none of them takes its bus for complete', async () => {
      const [one, other] = [await startRedis(), await startRedis()];
      const [first] = await startFleet({ nodes: 1, redisUrl: one.url });
      const { database } = present(first);
      const [second] = await startFleet({ nodes: 1, redisUrl: other.url, database });
      const servers = [present(first), present(second)];
      const { token, sessionId, heard } = await deviceOn(servers);
      const writer = await connect(present(first), token);
      await join(writer, sessionId);
      await send(writer, sessionId, 'from the other side');
      expect((await heard.until((all) => all.length === 3)).map(({ seq }) => seq)).toEqual([2, 3, 4]);
      const { fleet, close } = await openMongoStore(mongoUrlOf(present(first)));
      const beats = await present(fleet).readBeats();
      await close();
      expect(beats.map(({ bus }) => bus)).toEqual(['away', 'away']);
    });
  });
});

describeWithMongo('a message that is repeated on another node', () => {
  test('guarantee 4: lets its device hear the reply, which was delivered before', async () => {
    const [first, second] = (await startFleet()).map(present);
    const { token } = await signUp(present(first));
    const [phone, laptop] = [await connect(present(first), token), await connect(present(second), token)];
    const sending = { sessionId: randomUUID(), content: 'Hello', clientMessageId: 'the same' };
    const answered = record(phone, 'message');
    const { message } = successOf(await ask(phone, sending));
    await answered.atLeast(1);
    const heard = record(laptop, 'message');
    expect(successOf(await ask(laptop, sending))).toMatchObject({ message, duplicate: true });
    expect(await heard.atLeast(1)).toEqual(answered.seen);
  });
});
