import { randomUUID } from 'node:crypto';
import type { Message } from '../../src/domain/message';
import type { SessionState } from '../../src/domain/session';
import type { StoredExchange } from '../../src/stores/chatStore';
import { newExchange, newQuestion, newReply, times } from '../../testkit/builders';
import { testOfOneNode } from '../support/testServer';
import { addUser, append, type OpenStore, readAll, seqsTo, useStore } from './storeFixture';

export function onStoredContract(openStore: OpenStore): void {
  const db = useStore(openStore);

  testOfOneNode(
    'onStored is called once for each append, in the order of seq, with the result and before it resolves',
    async () => {
      const { id: userId } = await addUser(db.store);
      const sessionId = randomUUID();
      const questions = await Promise.all(times(10, () => append(db.store, newQuestion(userId, sessionId))));
      const reported: (Message | StoredExchange)[] = [];
      const settled: unknown[] = [];
      const onStored = (stored: Message | StoredExchange) => {
        expect(settled).not.toContain(stored);
        reported.push(stored);
      };
      await Promise.all(
        questions.flatMap(({ message }) => [
          db.store
            .appendExchange(newExchange(userId, sessionId), onStored)
            .then((stored) => settled.push(stored)),
          db.store.appendReply(newReply(userId, message), onStored).then((reply) => settled.push(reply)),
        ]),
      );

      const seqs = reported.flatMap((stored) =>
        'seq' in stored ? [stored.seq] : [stored.message.seq, stored.reply?.seq],
      );
      expect(seqs).toEqual(seqsTo(40).slice(10));
      expect(settled).toEqual(expect.arrayContaining(reported));
    },
  );

  test('onStored is called for a repeat, with the first exchange', async () => {
    const { id: userId } = await addUser(db.store);
    const sessionId = randomUUID();
    const fields = { clientMessageId: 'c-1' };
    const first = await append(db.store, newExchange(userId, sessionId, fields));
    const onStored = jest.fn();
    await db.store.appendExchange(newExchange(userId, sessionId, fields), onStored);
    const session = expect.objectContaining({ id: sessionId, lastSeq: 2, readSeq: 1 });
    expect(onStored.mock.calls.map((args) => args.slice(0, 2))).toEqual([
      [{ ...first, duplicate: true, sessionChange: null }, session],
    ]);
  });

  test('onStored gets the state of the session after each append', async () => {
    const { id: userId } = await addUser(db.store);
    const sessionId = randomUUID();
    const appends: ((onStored: (stored: unknown, session: SessionState) => void) => Promise<unknown>)[] = [
      (onStored) => db.store.appendExchange(newQuestion(userId, sessionId), onStored),
      (onStored) => db.store.appendExchange(newExchange(userId, sessionId), onStored),
      async (onStored) => {
        const { message } = await append(db.store, newQuestion(userId, sessionId));
        return db.store.appendReply(newReply(userId, message), onStored);
      },
      async (onStored) => {
        await db.store.updateSession(userId, sessionId, { name: 'Renamed' });
        return db.store.appendExchange(newExchange(userId, sessionId), onStored);
      },
    ];
    for (const call of appends) {
      const reported: SessionState[] = [];
      await call((_stored, session) => reported.push(session));
      const found = await db.store.findSession(userId, sessionId);
      expect(found).toMatchObject(reported[0] ?? {});
      expect(reported).toHaveLength(1);
    }
  });

  test('onStored is not called if nothing is stored or found', async () => {
    const [ann, bob] = [await addUser(db.store), await addUser(db.store)];
    const sessionId = randomUUID();
    const { message } = await append(db.store, newExchange(ann.id, sessionId));
    const onStored = jest.fn();
    expect(await db.store.appendExchange(newExchange(bob.id, sessionId), onStored)).toBeNull();
    expect(await db.store.appendReply(newReply(ann.id, message), onStored)).toBeNull();
    expect(await db.store.appendReply(newReply(bob.id, message), onStored)).toBeNull();
    expect(onStored).not.toHaveBeenCalled();
  });

  test('an error that onStored throws rejects its own call only, and the messages are stored', async () => {
    const { id: userId } = await addUser(db.store);
    const sessionId = randomUUID();
    const { message } = await append(db.store, newQuestion(userId, sessionId));
    const fail = () => {
      throw new Error('failed');
    };
    const results = await Promise.allSettled([
      db.store.appendExchange(newExchange(userId, sessionId)),
      db.store.appendExchange(newExchange(userId, sessionId), fail),
      db.store.appendExchange(newExchange(userId, sessionId)),
      db.store.appendReply(newReply(userId, message), fail),
      db.store.appendExchange(newExchange(userId, sessionId)),
    ]);
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    const messages = await readAll(db.store, userId, sessionId);
    expect(messages.map(({ seq }) => seq)).toEqual(seqsTo(10));
  });
}
