import { randomUUID } from 'node:crypto';
import type { ChatStore } from '../../src/stores/chatStore';
import type { Beat, FleetStore } from '../../src/stores/fleetStore';
import { openMongoStore } from '../../src/stores/mongo/store';
import { at, newExchange, newQuestion, newReply, times } from '../../testkit/builders';
import { startMongoFront } from '../support/mongoFront';
import { mongoUrlForTest } from '../support/testMongo';
import { addUser, append, present, readAll, useStore } from './storeFixture';

// If there is none, the global set-up has printed the reason.
const describeWithMongo = mongoUrlForTest() === null ? describe.skip : describe;

function newBeat(fields: Partial<Beat> = {}): Beat {
  return {
    ...{ node: randomUUID(), name: 'node', counter: 1, bus: 'ok', protocol: 1 },
    ...{ secrets: ['fingerprint'], revoked: [], peers: [], process: null, isDead: false },
    ...fields,
  };
}

describeWithMongo('MongoDB store: several nodes', () => {
  const url = mongoUrlForTest();
  const one = useStore(() => openMongoStore(present(url)));
  const two = useStore(() => openMongoStore(present(url)));
  const fleetOf = ({ store }: typeof one): FleetStore => present(store.fleet);
  const beatOf = async (node: string) => (await fleetOf(two).readBeats()).find((beat) => beat.node === node);

  test('all nodes know the database by the same id', async () => {
    const ids = await Promise.all(times(6, (i) => fleetOf(i % 2 ? one : two).databaseId()));
    expect(new Set(ids).size).toBe(1);
  });

  test('every node reads the last beat of every other one', async () => {
    const beat = newBeat({ peers: ['a'] });
    expect(await fleetOf(one).writeBeat(beat)).toBe(true);
    const next = { ...beat, counter: 2, bus: 'away' as const, revoked: ['login'] };
    expect(await fleetOf(one).writeBeat(next)).toBe(true);
    expect(await beatOf(beat.node)).toEqual(next);
  });

  test('a node is marked dead only if it has not written another beat, and then writes none any more', async () => {
    const beat = newBeat();
    await fleetOf(one).writeBeat(beat);
    await fleetOf(one).writeBeat({ ...beat, counter: 2 });
    expect(await fleetOf(two).markDead(beat.node, 1)).toBe(false);
    expect(await fleetOf(two).markDead(beat.node, 2)).toBe(true);
    expect(await fleetOf(one).writeBeat({ ...beat, counter: 3 })).toBe(false);
    expect(await beatOf(beat.node)).toMatchObject({ counter: 2, isDead: true });
    await fleetOf(two).removeNode(beat.node);
    expect(await beatOf(beat.node)).toBeUndefined();
    expect(await fleetOf(one).writeBeat({ ...beat, counter: 4 })).toBe(false);
  });

  test('one live node makes the reply to a message, and another one only when that is dead', async () => {
    const { id: userId } = await addUser(one.store);
    const { message } = await append(one.store, newQuestion(userId, randomUUID()));
    const { messageId: replyTo, sessionId } = message;
    const [first, second, third] = times(3, () => newBeat());
    for (const beat of [first, second, third]) await fleetOf(one).writeBeat(present(beat));
    const claim = (beat: Beat | undefined) =>
      two.store.claimDraft({
        ...{ userId, sessionId, replyTo, variant: 1, inTurn: true },
        ...{ owner: present(beat).node, now: at(0) },
      });
    const unansweredFor = async (beat: Beat | undefined) => {
      const found = await two.store.findUnanswered(10_000, undefined, present(beat).node);
      return found.filter((each) => each.message.messageId === replyTo).length;
    };
    expect(await claim(first)).toMatchObject({ attempt: 1, takeOvers: 0 });
    expect(await claim(first)).toMatchObject({ attempt: 2, takeOvers: 0 });
    expect(await claim(second)).toBeNull();
    expect([await unansweredFor(first), await unansweredFor(second)]).toEqual([1, 0]);
    await fleetOf(two).markDead(present(first).node, 1);
    expect(await unansweredFor(second)).toBe(1);
    const claims = await Promise.all([claim(second), claim(third)]);
    expect(claims.filter(Boolean)).toMatchObject([{ attempt: 3, takeOvers: 1 }]);
    await fleetOf(two).removeNode(present(second).node);
    await fleetOf(two).removeNode(present(third).node);
    expect(await claim(first)).toMatchObject({ attempt: 4, takeOvers: 2 });
  });

  test('a tail stops before a message whose acknowledgement is not out, and there is no position', async () => {
    const { id: userId } = await addUser(one.store);
    const sessionId = randomUUID();
    const earlier = await append(two.store, newExchange(userId, sessionId));
    const front = await startMongoFront(present(url));
    const writer = await openMongoStore(front.url);
    const tailOf = (store: ChatStore) => present(store.fleet).readTail(userId, sessionId, 0, 10);
    const held = front.holdInsert();
    const sending = writer.appendExchange(newExchange(userId, sessionId));
    await held.reached;
    const [own, others] = [await tailOf(writer), await tailOf(two.store)];
    expect(own).toMatchObject({ messages: [{ seq: 1 }, { seq: 2 }], hasMore: false });
    expect(others?.messages).toHaveLength(4);
    expect(await writer.fleet?.findPositions([sessionId])).toEqual(new Map());
    held.release();
    await sending;
    expect((await tailOf(writer))?.messages).toHaveLength(4);
    await writer.close();
    await front.stop();
    expect(await tailOf(one.store)).toMatchObject({
      position: { sessionId, userId, lastSeq: 4 },
      messages: [earlier.message, earlier.reply, { seq: 3 }, { seq: 4 }],
      hasMore: false,
    });
    const positions = await fleetOf(one).findPositions([sessionId, 'missing']);
    expect(positions.get(sessionId)).toMatchObject({ sessionId, userId, lastSeq: 4 });
    expect(positions.get('missing')).toBeNull();
    expect(await fleetOf(one).findPosition(userId, sessionId)).toEqual(positions.get(sessionId));
    expect(await fleetOf(one).findPosition('somebody else', sessionId)).toBeNull();
  });

  test('a tail is the user’s only, has at most as many messages as asked for, and knows whether there are more', async () => {
    const { id: userId } = await addUser(one.store);
    const sessionId = randomUUID();
    for (const _ of times(2, String)) await append(one.store, newExchange(userId, sessionId));
    const tail = await fleetOf(two).readTail(userId, sessionId, 1, 2);
    expect(tail).toMatchObject({ messages: [{ seq: 2 }, { seq: 3 }], hasMore: true });
    expect(await fleetOf(two).readTail('somebody else', sessionId, 0, 2)).toBeNull();
    await one.store.deleteSession(userId, sessionId);
    expect(await fleetOf(two).readTail(userId, sessionId, 1, 2)).toBeNull();
    expect(await fleetOf(two).findPositions([sessionId])).toEqual(new Map([[sessionId, null]]));
    await append(one.store, newExchange(userId, sessionId));
    const again = await fleetOf(two).readTail(userId, sessionId, 0, 2);
    expect(again?.position.key).not.toBe(tail?.position.key);
  });

  test('three nodes that write one session at once store everything that they acknowledge', async () => {
    const three = await openMongoStore(present(url));
    const stores = [one.store, two.store, three];
    const { id: userId } = await addUser(one.store);
    const sessionId = randomUUID();
    await append(one.store, newExchange(userId, sessionId));
    const sends = times(30, (i) => append(present(stores[i % 3]), newExchange(userId, sessionId)));
    const sent = await Promise.all(sends);
    const ids = new Set((await readAll(two.store, userId, sessionId)).map(({ messageId }) => messageId));
    expect(ids.size).toBe(62);
    expect(sent.filter(({ message }) => !ids.has(message.messageId))).toEqual([]);
    expect(new Set(sent.map(({ message }) => message.messageId)).size).toBe(30);
    await three.close();
  });

  test('times and ids never go back within a session, although the clocks of the nodes differ', async () => {
    const { id: userId } = await addUser(one.store);
    const sessionId = randomUUID();
    const late = times(4, () => newExchange(userId, sessionId, { timestamp: at(1) }));
    const question = newQuestion(userId, sessionId, { timestamp: at(2) });
    for (const _ of times(2, String)) {
      await append(two.store, newExchange(userId, sessionId, { timestamp: at(60) }));
      await append(one.store, present(late.shift()));
      await Promise.all([
        append(one.store, present(late.shift())),
        append(two.store, newExchange(userId, sessionId, { timestamp: at(90) })),
      ]);
    }
    const { message } = await append(one.store, question);
    await one.store.appendReply({ ...newReply(userId, message), messageId: question.message.messageId });

    const messages = await readAll(two.store, userId, sessionId);
    expect(messages).toHaveLength(18);
    const ids = messages.map(({ messageId }) => messageId);
    const timestamps = messages.map(({ timestamp }) => timestamp);
    expect(new Set(ids).size).toBe(18);
    expect(ids).toEqual([...ids].sort());
    expect(timestamps).toEqual([...timestamps].sort());
    const replies = messages.filter(({ sender }) => sender === 'server');
    expect(replies.map(({ replyTo }) => replyTo)).toEqual(
      messages.filter(({ sender }) => sender === 'user').map(({ messageId }) => messageId),
    );
  });
});
