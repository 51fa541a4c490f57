import { randomUUID } from 'node:crypto';
import type { ChatStore } from '../../src/stores/chatStore';
import { at, newExchange, newQuestion, newReply, times } from '../../testkit/builders';
import { addUser, append, chatErrorOf, type OpenStore, present, readAll, useStore } from './storeFixture';

export function branchContract(openStore: OpenStore): void {
  const db = useStore(openStore);

  async function addExchange() {
    const userId = (await addUser(db.store)).id;
    const { message, reply } = await append(db.store, newExchange(userId, randomUUID()));
    return { userId, message, reply: present(reply), sessionId: message.sessionId };
  }

  describe('a regenerated reply', () => {
    test('is stored beside the first one, at the end of the session', async () => {
      const { userId, message, reply, sessionId } = await addExchange();
      const between = await append(db.store, newExchange(userId, sessionId));
      const details = { variant: 2, finish: 'length', model: 'small' } as const;
      const wanted = newReply(userId, message, { ...details, content: 'Better', timestamp: at(60) });

      const second = await db.store.appendReply(wanted);
      const { userId: _, ...fields } = wanted;
      expect(second).toStrictEqual({ ...fields, seq: 5, sender: 'server' });
      const third = await db.store.appendReply(newReply(userId, message, { variant: 3 }));

      const all = [message, reply, between.message, between.reply, second, third];
      expect(await readAll(db.store, userId, sessionId)).toStrictEqual(all);
      const found = { message, reply, newestReply: third, openVariant: null, isReplaced: false };
      expect(await db.store.findReply(userId, sessionId, message.messageId)).toStrictEqual(found);
      expect(await db.store.findSession(userId, sessionId)).toMatchObject({ lastSeq: 6 });
    });

    test('is stored once however many come at once', async () => {
      const { userId, message, sessionId } = await addExchange();
      const replies = await Promise.all(
        times(10, () => db.store.appendReply(newReply(userId, message, { variant: 2 }))),
      );
      expect(replies.filter((reply) => reply !== null)).toHaveLength(1);
      expect(await db.store.appendReply(newReply(userId, message, { variant: 2 }))).toBeNull();
      expect(await readAll(db.store, userId, sessionId)).toHaveLength(3);
    });

    test('answers no message that waits for its reply', async () => {
      const userId = (await addUser(db.store)).id;
      const { message } = await append(db.store, newQuestion(userId, randomUUID()));
      const { messageId, sessionId } = message;
      const second = await db.store.appendReply(newReply(userId, message, { variant: 2 }));
      const found = { message, reply: null, newestReply: second, openVariant: null, isReplaced: false };
      expect(await db.store.findReply(userId, sessionId, messageId)).toStrictEqual(found);
      expect(await unansweredIds(db.store)).toContain(messageId);

      const first = present(await db.store.appendReply(newReply(userId, message)));
      const answered = { ...found, reply: first };
      expect(await db.store.findReply(userId, sessionId, messageId)).toStrictEqual(answered);
      expect(await unansweredIds(db.store)).not.toContain(messageId);
    });

    test('to no user message of the session is null and stores nothing', async () => {
      const { userId, message, reply, sessionId } = await addExchange();
      const other = await addExchange();
      const variant = 2;
      const wrong = [
        newReply(userId, reply, { variant }),
        newReply(userId, message, { variant, replyTo: randomUUID() }),
        newReply(userId, message, { variant, replyTo: other.message.messageId }),
        newReply(other.userId, message, { variant }),
      ];
      for (const each of wrong) expect(await db.store.appendReply(each)).toBeNull();
      expect(await readAll(db.store, userId, sessionId)).toStrictEqual([message, reply]);
    });

    test('survives closing and opening, and ends with its session', async () => {
      const { userId, message, sessionId } = await addExchange();
      const second = await db.store.appendReply(newReply(userId, message, { variant: 2 }));
      const reopened = await db.reopen();
      expect((await readAll(reopened, userId, sessionId)).at(-1)).toStrictEqual(second);
      await reopened.deleteSession(userId, sessionId);
      expect(await reopened.appendReply(newReply(userId, message, { variant: 3 }))).toBeNull();
    });
  });

  describe('an edited message', () => {
    test.each(['with', 'without'])('names the one that it replaces, %s a reply', async (kind) => {
      const { userId, message, reply, sessionId } = await addExchange();
      const create = kind === 'with' ? newExchange : newQuestion;
      const fields = { content: 'Edited', replaces: message.messageId, clientMessageId: 'c' };
      const edit = create(userId, sessionId, fields);

      const stored = await append(db.store, edit);
      expect(stored.message).toStrictEqual({ sessionId, seq: 3, sender: 'user', ...edit.message });
      const replies = stored.reply ? [stored.reply] : [];
      expect(replies).toHaveLength(kind === 'with' ? 1 : 0);
      expect(await readAll(db.store, userId, sessionId)).toStrictEqual([
        message,
        reply,
        stored.message,
        ...replies,
      ]);
      expect(await db.store.findReply(userId, sessionId, message.messageId)).toMatchObject({
        isReplaced: true,
      });
      expect(await db.store.findReply(userId, sessionId, stored.message.messageId)).toStrictEqual({
        message: stored.message,
        reply: stored.reply,
        newestReply: stored.reply,
        openVariant: null,
        isReplaced: false,
      });
      expect((await unansweredIds(db.store)).includes(stored.message.messageId)).toBe(kind === 'without');

      const repeat = await append(db.store, edit);
      expect(repeat).toStrictEqual({ ...stored, duplicate: true, sessionChange: null });
      expect(await readAll(db.store, userId, sessionId)).toHaveLength(3 + replies.length);
    });

    test('can be edited again, and so can the one that it replaces', async () => {
      const { userId, message, sessionId } = await addExchange();
      const replaces = message.messageId;
      const second = await append(db.store, newExchange(userId, sessionId, { replaces }));
      const ofSecond = { replaces: second.message.messageId };
      const third = await append(db.store, newExchange(userId, sessionId, ofSecond));
      const fourth = await append(db.store, newExchange(userId, sessionId, { replaces }));
      expect([third, fourth].map((each) => each.message.replaces)).toEqual([ofSecond.replaces, replaces]);
    });

    test('is refused if it replaces no user message of the session, and what comes with it is stored', async () => {
      const { userId, reply, sessionId } = await addExchange();
      const other = await addExchange();
      const wrongIds = [reply.messageId, randomUUID(), other.message.messageId];
      const wrong = wrongIds.map((replaces) =>
        chatErrorOf(
          db.store.appendExchange(newExchange(userId, sessionId, { replaces })),
          'VALIDATION_FAILED',
        ),
      );
      const right = db.store.appendExchange(newExchange(userId, sessionId));
      for (const error of await Promise.all(wrong)) {
        expect(error.errors).toEqual([{ field: 'replaces', message: expect.any(String) }]);
      }
      expect(await right).toMatchObject({ message: { seq: 3 } });
      expect(await readAll(db.store, userId, sessionId)).toHaveLength(4);
    });

    test('creates no session, and is not found in that of another user', async () => {
      const { userId, message } = await addExchange();
      const sessionId = randomUUID();
      const replaces = message.messageId;
      const edit = newExchange(userId, sessionId, { replaces });
      await chatErrorOf(db.store.appendExchange(edit), 'VALIDATION_FAILED');
      expect(await db.store.findSession(userId, sessionId)).toBeNull();
      const stranger = await addUser(db.store);
      const foreign = newExchange(stranger.id, message.sessionId, { replaces });
      expect(await db.store.appendExchange(foreign)).toBeNull();
    });
  });
}

async function unansweredIds(store: ChatStore): Promise<string[]> {
  const found = await store.findUnanswered(1000);
  return found.map(({ message }) => message.messageId);
}
