import { randomUUID } from 'node:crypto';
import { type Connection, connections, type mongo } from 'mongoose';
import { createModels, type Models } from '../../src/models/models';
import type { ChatStore, DraftFence, StoredDraft } from '../../src/stores/chatStore';
import { connectMongo, openMongoStore } from '../../src/stores/mongo/store';
import { at, newQuestion, newReply } from '../../testkit/builders';
import { TcpProxy } from '../../testkit/tcpProxy';
import { pollUntil } from '../../testkit/waiting';
import { describeWithMongo } from '../support/describeWithMongo';
import { mongoUrlForTest } from '../support/testMongo';
import { addUser, append, present, readAll } from './storeFixture';

/** The commands that end a draft, in their order: what each of them does, and the collection. */
const STEPS = [
  ['update', 'drafts'],
  ['insert', 'messages'],
  ['update', 'sessions'],
  ['delete', 'drafts'],
  ['update', 'messages'],
] as const;

describeWithMongo('MongoDB store: drafts after a crash', () => {
  let store: ChatStore;
  let connection: Connection;
  let models: Models;
  let userId = '';
  let url = '';

  beforeAll(async () => {
    url = present(mongoUrlForTest());
    store = await openMongoStore(url);
    connection = await connectMongo(url);
    models = createModels(connection);
    userId = (await addUser(store)).id;
  });
  afterAll(async () => {
    await store.close();
    await connection.close();
  });

  /** A store whose process dies, as far as the database can tell, before it sends this command. */
  async function openDyingStore(command: string, collection: string) {
    const target = new URL(url);
    const proxy = await TcpProxy.to(target.href);
    const others = new Set(connections);
    const proxied = `mongodb://${proxy.host}${target.pathname}?directConnection=true&monitorCommands=true`;
    const dying = await openMongoStore(proxied);
    const client = present(connections.find((each) => !others.has(each))).getClient();
    return {
      dying,
      arm() {
        client.on('commandStarted', (event: mongo.CommandStartedEvent) => {
          if (event.commandName === command && event.command[command] === collection) proxy.refuse();
        });
      },
    };
  }

  async function claim(from: ChatStore, replyTo: string, sessionId: string, owner: string) {
    const target = { userId, sessionId, replyTo, variant: 1 };
    const draft = await from.claimDraft({ ...target, owner, now: at(9), inTurn: true });
    if (draft === null || draft === 'busy') throw new Error(`the claim was refused: ${draft}`);
    return draft;
  }

  function fenceOf({ replyTo, variant, attempt, owner }: StoredDraft): DraftFence {
    return { replyTo, variant, attempt, owner: present(owner) };
  }

  /** Lets an owner die before this step, and another one end the reply. Returns what has become of it. */
  async function dieBefore(step: number) {
    const [command, collection] = present(STEPS[step]);
    const { dying, arm } = await openDyingStore(command, collection);
    const sessionId = randomUUID();
    const { message } = await append(dying, newQuestion(userId, sessionId));
    const mine = await claim(dying, message.messageId, sessionId, 'dead');
    arm();
    const wanted = { content: 'first', fence: fenceOf(mine), finish: 'length' as const };
    await dying.appendReply(newReply(userId, message, wanted)).catch(() => {});
    await dying.close().catch(() => {});

    const found = await store.findUnanswered(1_000, undefined, 'two');
    const isUnanswered = found.some((each) => each.message.messageId === message.messageId);
    const taken = isUnanswered ? await claim(store, message.messageId, sessionId, 'two') : null;
    if (taken) {
      const { text, details } = taken.state === 'finishing' ? taken : { text: 'second', details: {} };
      const reply = newReply(userId, message, { content: text, ...details, fence: fenceOf(taken) });
      await store.appendReply(reply);
    }
    const [, reply, ...others] = await readAll(store, userId, sessionId);
    const session = await store.findSession(userId, sessionId);
    const drafts = await models.drafts.countDocuments({ sessionId });
    const next = await append(store, newQuestion(userId, sessionId));
    const isFree = (await claim(store, next.message.messageId, sessionId, 'two')).attempt === 1;
    const { content, finish, seq, replyTo } = present(reply);
    return {
      ...{ step: `${command} ${collection}`, taken: taken?.state ?? null },
      ...{ content, finish, seq, isAnswer: replyTo === message.messageId, others: others.length },
      ...{ lastSeq: session?.lastSeq, drafts, isFree },
    };
  }

  test('the reply of an owner that dies at any step is stored once, and asked for again only before its end', async () => {
    const outcomes = [];
    // One after the other, as each recognizes its connection by being new.
    for (const step of STEPS.keys()) outcomes.push(await dieBefore(step));
    const stored = { seq: 2, isAnswer: true, others: 0, lastSeq: 2, drafts: 0, isFree: true };
    const first = { content: 'first', finish: 'length', ...stored };
    expect(outcomes).toEqual([
      { step: 'update drafts', taken: 'asking', content: 'second', finish: undefined, ...stored },
      { step: 'insert messages', taken: 'finishing', ...first },
      { step: 'update sessions', taken: null, ...first },
      { step: 'delete drafts', taken: null, ...first },
      { step: 'update messages', taken: null, ...first },
    ]);
  }, 60_000);

  test('a deleted session leaves a draft that is finishing, until what it may have inserted is removed', async () => {
    const sessionId = randomUUID();
    const { message } = await append(store, newQuestion(userId, sessionId));
    const { replyTo } = await claim(store, message.messageId, sessionId, 'dead');
    const { _id, sessionKey } = present(await models.drafts.findOne({ sessionId }).lean());
    await models.drafts.updateOne({ _id }, { $set: { state: 'finishing', text: 'late' } });
    await store.deleteSession(userId, sessionId);
    await pollUntil(
      () => models.deletions.countDocuments({ _id: sessionKey }),
      (count) => count === 0,
    );
    expect(await models.drafts.countDocuments({ sessionId })).toBe(1);
    const late = { sessionId, sessionKey, seq: 2, sender: 'server' as const, replyTo };
    await models.messages.insertMany([{ ...late, _id: randomUUID(), content: 'late', timestamp: at(1) }]);
    await store.findUnanswered(1);
    await pollUntil(
      () => models.messages.countDocuments({ sessionKey }),
      (count) => count === 0,
    );
    expect(await models.drafts.countDocuments({ sessionId })).toBe(0);
  });

  test('a search removes only the drafts of deleted sessions and answered messages', async () => {
    const sessionId = randomUUID();
    const { message } = await append(store, newQuestion(userId, sessionId));
    const draft = await claim(store, message.messageId, sessionId, 'dead');
    const elsewhere = randomUUID();
    const answered = (await append(store, newQuestion(userId, elsewhere))).message;
    await claim(store, answered.messageId, elsewhere, 'dead');
    await store.appendReply(newReply(userId, answered));
    await store.findUnanswered(1);
    expect(await store.findDrafts([sessionId, elsewhere])).toEqual([draft]);
    expect(await models.drafts.countDocuments({ sessionId: elsewhere })).toBe(0);
    expect(await readAll(store, userId, sessionId)).toEqual([message]);
  });
});
