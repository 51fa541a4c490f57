import { randomUUID } from 'node:crypto';
import { previewOf, type Session, type SessionState } from '../../src/domain/session';
import type { ChatStore, StoredExchange } from '../../src/stores/chatStore';
import { at, newExchange, newQuestion, newReply, newSession, times } from '../../testkit/builders';
import { addUser, append, appendAndFind, type OpenStore, present, useStore } from './storeFixture';

/** What is stored of a session besides its name and its messages: read, pinned, archived, and the preview that comes from them. */
export function sessionStateContract(openStore: OpenStore): void {
  const db = useStore(openStore);

  async function talk(exchanges: number): Promise<{ userId: string; id: string }> {
    const { id: userId } = await addUser(db.store);
    const id = randomUUID();
    for (let i = 1; i <= exchanges; i++)
      await append(db.store, newExchange(userId, id, { timestamp: at(i) }));
    return { userId, id };
  }
  const find = async (userId: string, id: string) => present(await db.store.findSession(userId, id));
  const update = (...args: Parameters<ChatStore['updateSession']>) => db.store.updateSession(...args);
  const read = async (userId: string, id: string, seq: number) =>
    present(await db.store.markRead(userId, id, seq));
  const list = async (userId: string, archived?: boolean) => {
    const page = { limit: 10, ...(archived !== undefined && { archived }) };
    const { sessions } = await db.store.listSessions(userId, page, at(1_000));
    return sessions.map(({ id }) => id);
  };

  /** Appends, and returns the state that `onStored` gets, which must be the one that is stored. */
  async function stateAfter(
    userId: string,
    id: string,
    call: (onStored: (stored: unknown, session: SessionState) => void) => Promise<unknown>,
  ): Promise<Session> {
    const reported: SessionState[] = [];
    await call((_stored, session) => reported.push(session));
    const session = await find(userId, id);
    const { preview, ...state } = session;
    expect(reported).toStrictEqual([state]);
    return session;
  }

  test('reading advances to the seq given, never back, and never beyond the last message', async () => {
    const { userId, id } = await talk(3);
    expect(await find(userId, id)).toMatchObject({ readSeq: 5, lastSeq: 6 });
    expect(await read(userId, id, 6)).toMatchObject({ advanced: true, session: { readSeq: 6 } });
    expect(await read(userId, id, 2)).toMatchObject({ advanced: false, session: { readSeq: 6 } });
    expect(await read(userId, id, 6)).toMatchObject({ advanced: false, session: { readSeq: 6 } });
    await append(db.store, newExchange(userId, id));
    expect(await read(userId, id, Number.MAX_SAFE_INTEGER)).toMatchObject({
      advanced: true,
      session: { readSeq: 8 },
    });
    const { session } = await read(userId, id, 9);
    expect(session).toStrictEqual(await find(userId, id));
  });

  test('of many devices that read at once, the furthest counts', async () => {
    const { userId, id } = await talk(10);
    await Promise.all([11, 20, 14, 18, 3].map((seq) => read(userId, id, seq)));
    expect(await find(userId, id)).toMatchObject({ readSeq: 20 });
  });

  test('sending marks as read, a reply does not', async () => {
    const { id: userId } = await addUser(db.store);
    const id = randomUUID();
    const { message } = await append(db.store, newQuestion(userId, id));
    expect(await find(userId, id)).toMatchObject({ readSeq: 1, lastSeq: 1 });
    const replied = await stateAfter(userId, id, (onStored) =>
      db.store.appendReply(newReply(userId, message), onStored),
    );
    expect(replied).toMatchObject({ readSeq: 1, lastSeq: 2 });
    const exchanged = await stateAfter(userId, id, (onStored) =>
      db.store.appendExchange(newExchange(userId, id), onStored),
    );
    expect(exchanged).toMatchObject({ readSeq: 3, lastSeq: 4 });
  });

  test('a reply that comes after the session was read elsewhere keeps what was read', async () => {
    const { id: userId } = await addUser(db.store);
    const id = randomUUID();
    const first = await append(db.store, newQuestion(userId, id));
    const second = await append(db.store, newQuestion(userId, id));
    await db.store.appendReply(newReply(userId, first.message));
    await read(userId, id, 3);
    const session = await stateAfter(userId, id, (onStored) =>
      db.store.appendReply(newReply(userId, second.message), onStored),
    );
    expect(session).toMatchObject({ readSeq: 3, lastSeq: 4 });
  });

  test('a repeated message changes nothing of the session', async () => {
    const { userId, id } = await talk(1);
    const sent = newExchange(userId, id, { clientMessageId: 'again' });
    await append(db.store, sent);
    const archived = present(await update(userId, id, { archived: true }));
    await read(userId, id, 4);
    const repeated = await stateAfter(userId, id, (onStored) => db.store.appendExchange(sent, onStored));
    expect(repeated).toStrictEqual({ ...archived, readSeq: 4 });
  });

  test('each field is changed alone, and the others stay', async () => {
    const { userId, id } = await talk(1);
    const before = await find(userId, id);
    expect(before).toMatchObject({ pinned: false, archived: false });
    expect(await update(userId, id, { pinned: true })).toStrictEqual({ ...before, pinned: true });
    expect(await update(userId, id, { archived: true })).toStrictEqual({
      ...before,
      pinned: true,
      archived: true,
    });
    const changes = { name: 'Neu', pinned: false, archived: false };
    expect(await update(userId, id, changes)).toStrictEqual({ ...before, ...changes });
    expect(await find(userId, id)).toStrictEqual({ ...before, ...changes });
  });

  test('the list has either the archived sessions or the others', async () => {
    const { id: userId } = await addUser(db.store);
    const [one, two, three] = times(3, () => randomUUID());
    if (!one || !two || !three) throw new Error('three ids');
    for (const [index, id] of [one, two, three].entries())
      await db.store.openSession(newSession(userId, { id, createdAt: at(index) }));
    await update(userId, two, { archived: true });
    await update(userId, one, { pinned: true });
    expect(await list(userId)).toEqual([three, one]);
    expect(await list(userId, false)).toEqual([three, one]);
    expect(await list(userId, true)).toEqual([two]);
    await update(userId, two, { archived: false });
    expect(await list(userId)).toEqual([three, two, one]);
    expect(await list(userId, true)).toEqual([]);
  });

  test('a message of the user takes its session out of the archive, a reply does not', async () => {
    const { id: userId } = await addUser(db.store);
    const id = randomUUID();
    const { message } = await append(db.store, newQuestion(userId, id, { timestamp: at(1) }));
    await update(userId, id, { archived: true, pinned: true });
    await stateAfter(userId, id, (onStored) => db.store.appendReply(newReply(userId, message), onStored));
    expect(await list(userId, true)).toEqual([id]);

    let stored: StoredExchange | null = null;
    const session = await stateAfter(userId, id, async (onStored) => {
      stored = await db.store.appendExchange(newExchange(userId, id, { timestamp: at(2) }), onStored);
    });
    expect(session).toMatchObject({ archived: false, pinned: true, lastSeq: 4 });
    expect(stored).toMatchObject({ sessionChange: { type: 'changed', session } });
    expect(await list(userId)).toEqual([id]);
    const next = await append(db.store, newExchange(userId, id));
    expect(next.sessionChange).toBeNull();
  });

  test('a session that is active while the archive is read in pages is on one of them', async () => {
    const { id: userId } = await addUser(db.store);
    const ids = times(6, () => randomUUID());
    for (const [index, id] of ids.entries()) {
      const { message } = await append(db.store, newQuestion(userId, id, { timestamp: at(index) }));
      await update(userId, id, { archived: true });
      if (index === 0)
        setImmediate(() => void db.store.appendReply(newReply(userId, message, { timestamp: at(999) })));
    }
    const first = await db.store.listSessions(userId, { limit: 2, archived: true }, at(900));
    const seen = first.sessions.map(({ id }) => id);
    let cursor = first.nextCursor;
    while (cursor !== null) {
      const page = await db.store.listSessions(userId, { limit: 2, cursor, archived: true }, at(900));
      seen.push(...page.sessions.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect([...new Set(seen)].sort()).toEqual([...ids].sort());
  });

  test('the preview is the start of the last message, and null before the first', async () => {
    const { id: userId } = await addUser(db.store);
    const opened = present(await db.store.openSession(newSession(userId)));
    expect(opened.session.preview).toBeNull();
    const { id } = opened.session;
    const content = ` One\n\n\ttwo ${'🐴'.repeat(4_000)}`;
    const { message, session } = await appendAndFind(db.store, newQuestion(userId, id, { content }));
    expect(session.preview).toBe(`One two ${'🐴'.repeat(112)}`);
    expect(session.preview).toBe(previewOf(content));
    const reply = newReply(userId, message, { content: 'Short' });
    await db.store.appendReply(reply);
    const { sessions } = await db.store.listSessions(userId, { limit: 10 }, at(1_000));
    expect(sessions).toMatchObject([{ id, preview: 'Short' }]);
    expect(present(await update(userId, id, { name: 'New' })).preview).toBe('Short');
    expect(present(await db.store.openSession(newSession(userId, { id }))).session.preview).toBe('Short');
    expect((await read(userId, id, 2)).session.preview).toBe('Short');
    expect(present(await db.store.deleteSession(userId, id)).preview).toBe('Short');
  });

  test('a session that is created or named by a message is reported with its preview', async () => {
    const { id: userId } = await addUser(db.store);
    const [created, opened] = [randomUUID(), randomUUID()];
    await db.store.openSession(newSession(userId, { id: opened }));
    const exchanges = [
      newExchange(userId, created, { content: 'Hi' }),
      newExchange(userId, opened, { content: 'Ho' }),
    ];
    const stored = await Promise.all(exchanges.map((exchange) => append(db.store, exchange)));
    expect(stored).toMatchObject([
      { sessionChange: { type: 'created', session: { preview: 'Echo: Hi', readSeq: 1, lastSeq: 2 } } },
      { sessionChange: { type: 'renamed', session: { preview: 'Echo: Ho', readSeq: 1, lastSeq: 2 } } },
    ]);
  });

  test('of messages that are sent at once, each reports the state of its own place', async () => {
    const { userId, id } = await talk(1);
    await update(userId, id, { pinned: true });
    const states: SessionState[] = [];
    await Promise.all(
      times(8, () =>
        db.store.appendExchange(newExchange(userId, id), (_stored, session) => states.push(session)),
      ),
    );
    for (const { lastSeq, readSeq, pinned } of states) {
      expect(pinned).toBe(true);
      expect(readSeq).toBe(lastSeq - 1);
    }
    expect(states.at(-1)).toMatchObject({ lastSeq: 18 });
    expect(await find(userId, id)).toMatchObject({ lastSeq: 18, readSeq: 17 });
  });
}
