import { randomUUID } from 'node:crypto';
import type { Message } from '../../src/domain/message';
import type { ChatStore, DraftClaim, DraftFence, DraftTarget, StoredDraft } from '../../src/stores/chatStore';
import { at, newQuestion, newReply, times } from '../../testkit/builders';
import { addUser, append, type OpenStore, present, readAll, seqsTo, useStore } from './storeFixture';

export function draftContract(openStore: OpenStore): void {
  const db = useStore(openStore);
  let userId = '';
  let sessionId = '';
  let message: Message;

  async function ask(): Promise<Message> {
    return (await append(db.store, newQuestion(userId, sessionId))).message;
  }

  beforeEach(async () => {
    userId = (await addUser(db.store)).id;
    sessionId = randomUUID();
    message = await ask();
  });

  function targetOf({ messageId: replyTo }: Message, variant = 1): DraftTarget {
    return { userId, sessionId, replyTo, variant };
  }

  function claim(fields: Partial<DraftClaim> = {}, of = message) {
    return db.store.claimDraft({ ...targetOf(of), owner: 'one', now: at(9), inTurn: true, ...fields });
  }

  async function claimed(fields: Partial<DraftClaim> = {}, of = message): Promise<StoredDraft> {
    const draft = await claim(fields, of);
    if (draft === null || draft === 'busy') throw new Error(`the claim was refused: ${draft}`);
    return draft;
  }

  function fenceOf({ replyTo, variant, owner, attempt }: StoredDraft): DraftFence {
    return { replyTo, variant, owner: present(owner), attempt };
  }

  const finish = (draft: StoredDraft, content: string, of = message, store: ChatStore = db.store) =>
    store.appendReply(newReply(userId, of, { content, fence: fenceOf(draft) }));

  const draftsOf = () => db.store.findDrafts([sessionId]);

  test('a claim makes a draft, which is gone when its reply is stored', async () => {
    const draft = await claimed({ model: 'small' });
    expect(draft).toStrictEqual({
      ...targetOf(message),
      ...{ model: 'small', state: 'asking', attempt: 1, owner: 'one', takeOvers: 0, text: '', details: {} },
      ...{ failures: 0, notBefore: null, stop: false, ended: null, startedAt: at(9) },
    });
    expect(await draftsOf()).toStrictEqual([draft]);
    const reply = await finish(draft, 'Because.');
    expect(reply).toMatchObject({ seq: 2, content: 'Because.', replyTo: message.messageId });
    expect(reply).not.toHaveProperty('fence');
    expect(await draftsOf()).toEqual([]);
    expect(await db.store.findOwnDrafts('one')).not.toContainEqual(expect.objectContaining(fenceOf(draft)));
    expect(await claim()).toBeNull();
  });

  test('each claim counts an attempt, and as a take-over only if another owner has died', async () => {
    const first = await claimed();
    expect(await claimed()).toMatchObject({ attempt: 2, takeOvers: 0, startedAt: first.startedAt });
    expect(await claimed({ owner: 'two', now: at(20) })).toMatchObject({
      attempt: 3,
      takeOvers: 1,
      owner: 'two',
    });
    const third = await claimed({ owner: 'three' });
    expect(await db.store.writeDraft(fenceOf(third), { isReleased: true })).toBe(true);
    expect(await claimed({ owner: 'four' })).toMatchObject({ attempt: 5, takeOvers: 2, startedAt: at(9) });
  });

  test('the fence: after another claim an owner can neither write text nor finish', async () => {
    const late = await claimed();
    const current = await claimed({ owner: 'two' });
    expect(await db.store.writeDraft(fenceOf(late), { state: 'writing', text: 'late' })).toBe(false);
    expect(await db.store.writeDraft(fenceOf(late), { isReleased: true })).toBe(false);
    expect(await finish(late, 'late')).toBeNull();
    expect(await draftsOf()).toStrictEqual([current]);
    expect(await readAll(db.store, userId, sessionId)).toStrictEqual([message]);
    expect(await finish(current, 'current')).toMatchObject({ content: 'current' });
    expect(await finish(late, 'late')).toBeNull();
    expect(await db.store.writeDraft(fenceOf(current), { text: 'after the end' })).toBe(false);
    expect(await readAll(db.store, userId, sessionId)).toHaveLength(2);
  });

  test('what is written survives a take-over and a restart', async () => {
    const draft = await claimed({ model: 'small' });
    const waiting = { state: 'waiting' as const, failures: 2, notBefore: at(30) };
    await db.store.writeDraft(fenceOf(draft), { state: 'writing', text: 'Beca 🐢' });
    expect(await draftsOf()).toStrictEqual([{ ...draft, state: 'writing', text: 'Beca 🐢' }]);
    await db.store.writeDraft(fenceOf(draft), waiting);
    const written = { ...draft, ...waiting, text: 'Beca 🐢' };
    await db.reopen();
    expect(await draftsOf()).toStrictEqual([written]);
    const taken = await claimed({ owner: 'two', model: 'large' });
    const expected = { state: 'asking', attempt: 2, owner: 'two', takeOvers: 1, model: 'large' };
    expect(taken).toStrictEqual({ ...written, ...expected });
  });

  test('only one reply of a session is made at a time, and in order', async () => {
    const later = await ask();
    expect(await claim({}, later)).toBe('busy');
    const first = await claimed();
    expect(await claim({ owner: 'two' }, later)).toBe('busy');
    await finish(first, 'first');
    const second = await claimed({ owner: 'two' }, later);
    expect(await finish(second, 'second', later)).toMatchObject({ seq: 4 });
  });

  test('replies that need no order are made at the same time, and in any order `seq` has no gap', async () => {
    const asked = [message, ...(await Promise.all(times(5, ask)))];
    const drafts = await Promise.all(asked.map((of) => claimed({ inTurn: false }, of)));
    const order = [3, 0, 5, 1, 4, 2];
    const replies = await Promise.all(
      order.map((index) => finish(present(drafts[index]), `${index}`, present(asked[index]))),
    );
    expect(replies).not.toContain(null);
    const all = await readAll(db.store, userId, sessionId);
    expect(all.map(({ seq }) => seq)).toEqual(seqsTo(12));
    expect(
      all
        .slice(6)
        .flatMap(({ replyTo }) => replyTo ?? [])
        .sort(),
    ).toEqual(asked.map(({ messageId }) => messageId).sort());
  });

  test('two owners that finish at the same time store one reply', async () => {
    const first = await claimed();
    const [mine, claim, other] = await Promise.all([
      finish(first, 'first'),
      claimed({ owner: 'two' }).catch(() => null),
      finish(first, 'again'),
    ]);
    const second = claim && (await finish(claim, 'second'));
    const stored = [mine, other, second].flatMap((reply) => reply ?? []);
    // Over several connections, both may find the one reply that is stored.
    expect(new Set(stored.map(({ messageId }) => messageId)).size).toBe(1);
    expect(await readAll(db.store, userId, sessionId)).toHaveLength(2);
  });

  test('a stop is stored in the draft, which it creates if there is none', async () => {
    const stopped = await db.store.requestStop(targetOf(message), at(5));
    expect(stopped).toMatchObject({ stop: true, owner: null, attempt: 0, startedAt: at(5) });
    expect(await db.store.requestStop(targetOf(message), at(6))).toEqual(stopped);
    const draft = await claimed({ inTurn: false });
    expect(draft).toMatchObject({ stop: true, attempt: 1, takeOvers: 0 });
    expect(await db.store.findOwnDrafts('one')).toContainEqual({
      ...{ replyTo: message.messageId, variant: 1, attempt: 1, stop: true },
    });
    await finish(draft, '');
    expect(await db.store.requestStop(targetOf(message), at(7))).toBeNull();
    expect(await draftsOf()).toEqual([]);
  });

  test('a stop takes nothing from an owner', async () => {
    const draft = await claimed();
    expect(await db.store.requestStop(targetOf(message), at(5))).toEqual({ ...draft, stop: true });
    expect(await db.store.writeDraft(fenceOf(draft), { state: 'writing', text: 'Beca' })).toBe(true);
  });

  test('a stopped reply does not wait for its turn', async () => {
    const later = await ask();
    await claimed();
    await db.store.requestStop(targetOf(later), at(5));
    const stopped = await claimed({ inTurn: false }, later);
    expect(await finish(stopped, '', later)).toMatchObject({ seq: 3 });
  });

  test('are only of messages that exist, are the user’s and need a reply', async () => {
    const stranger = (await addUser(db.store)).id;
    for (const fields of [{ userId: stranger }, { sessionId: randomUUID() }, { replyTo: randomUUID() }]) {
      expect(await claim(fields)).toBeNull();
      expect(await db.store.requestStop({ ...targetOf(message), ...fields }, at(0))).toBeNull();
    }
    expect(await draftsOf()).toEqual([]);
  });

  test('go with their session', async () => {
    const draft = await claimed();
    await db.store.deleteSession(userId, sessionId);
    expect(await db.store.writeDraft(fenceOf(draft), { text: 'late' })).toBe(false);
    expect(await finish(draft, 'late')).toBeNull();
    expect(await db.store.findOwnDrafts('one')).not.toContainEqual(
      expect.objectContaining({ replyTo: draft.replyTo }),
    );
    expect(await claim()).toBeNull();
    await ask();
    expect(await draftsOf()).toEqual([]);
  });

  test('go with their user', async () => {
    const draft = await claimed();
    await db.store.deleteUser(userId);
    expect(await claim()).toBeNull();
    expect(await finish(draft, 'late')).toBeNull();
    expect(await draftsOf()).toEqual([]);
  });

  test('a reply without a fence ends the draft of its message', async () => {
    const draft = await claimed();
    expect(await db.store.appendReply(newReply(userId, message))).toMatchObject({ seq: 2 });
    expect(await finish(draft, 'late')).toBeNull();
    expect(await draftsOf()).toEqual([]);
  });

  describe('a later variant', () => {
    const queue = (variant: number, of = message, user = userId) =>
      db.store.queueVariant({ ...targetOf(of, variant), userId: user }, at(9));
    const isQueued = async () => {
      const found = (await db.store.findUnanswered(1000)).filter(({ variant }) => variant !== undefined);
      return found.filter((each) => each.message.messageId === message.messageId);
    };

    beforeEach(async () => {
      await finish(await claimed(), 'Because.');
    });

    test('is queued as the next number, once, and found by searches until it is stored', async () => {
      const results = await Promise.all(times(5, () => queue(2)));
      expect(results.filter((result) => result === 'queued')).toHaveLength(1);
      expect(results.filter((result) => result === 'repeated')).toHaveLength(4);
      expect(await queue(3)).toBe('conflict');
      expect(await isQueued()).toStrictEqual([{ userId, message, variant: 2 }]);
      const found = await db.store.findReply(userId, sessionId, message.messageId);
      expect(found).toMatchObject({ openVariant: 2 });

      const draft = await claimed({ variant: 2 });
      expect(draft).toMatchObject({ attempt: 1, variant: 2 });
      expect(await db.store.writeDraft(fenceOf(draft), { state: 'writing', text: 'So' })).toBe(true);
      expect(await draftsOf()).toMatchObject([{ variant: 2, text: 'So' }]);
      const reply = newReply(userId, message, { variant: 2, fence: fenceOf(draft) });
      expect(await db.store.appendReply(reply)).toMatchObject({ seq: 3, variant: 2 });
      expect(await isQueued()).toEqual([]);
      expect(await draftsOf()).toEqual([]);
      expect(await claim({ variant: 2 })).toBeNull();
      expect([await queue(2), await queue(4), await queue(3), await queue(2)]).toEqual([
        ...['repeated', 'conflict', 'queued', 'conflict'],
      ]);
    });

    test('that was given up keeps its number, and is never claimed or queued again', async () => {
      await queue(2);
      const draft = await claimed({ variant: 2 });
      const ended = { finish: 'failed', error: { code: 'RESPONDER_BUSY' } } as const;
      expect(await db.store.writeDraft(fenceOf(draft), { ended })).toBe(true);
      expect(await draftsOf()).toMatchObject([{ variant: 2, ended, owner: null }]);
      expect(await isQueued()).toEqual([]);
      expect(await claim({ variant: 2 })).toBeNull();
      expect(await db.store.requestStop(targetOf(message, 2), at(9))).toBeNull();
      expect([await queue(2), await queue(4), await queue(3)]).toEqual(['repeated', 'conflict', 'queued']);
      const reply = newReply(userId, message, { variant: 2, fence: fenceOf(draft) });
      expect(await db.store.appendReply(reply)).toBeNull();
    });

    test('is not made before it was queued, nor while the first reply is missing, nor for others', async () => {
      expect(await claim({ variant: 2 })).toBeNull();
      expect(await db.store.requestStop(targetOf(message, 2), at(9))).toBeNull();
      const waiting = await ask();
      expect(await queue(2, waiting)).toBe('conflict');
      expect(await queue(2, message, (await addUser(db.store)).id)).toBeNull();
      expect(await queue(2, { ...message, messageId: randomUUID() })).toBeNull();
    });

    test('takes its turn in the session, and goes with it', async () => {
      await queue(2);
      const next = await ask();
      expect(await claimed({}, next)).toMatchObject({ attempt: 1 });
      expect(await claim({ variant: 2 })).toBe('busy');
      await db.store.deleteSession(userId, sessionId);
      expect(await isQueued()).toEqual([]);
      expect(await claim({ variant: 2 })).toBeNull();
      expect(await queue(3)).toBeNull();
    });
  });
}
