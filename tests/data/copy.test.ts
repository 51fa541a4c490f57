import type { ChatStore } from '../../src/stores/chatStore';
import { openStore } from '../../src/stores/open';
import { newExchange, newReply } from '../../testkit/builders';
import { addUser, append, appendAndFind, present, readAll, seqsTo } from '../contract/storeFixture';
import { testDatabases } from '../support/testServer';
import { addChats, CHATS, readChats } from './chats';
import { CommandSandbox, urlOf } from './commands';

const sandbox = CommandSandbox.use();
const pairs = testDatabases.flatMap(([from, makeFrom]) =>
  testDatabases.map(([to, makeTo]) => ({ from, to, makeFrom, makeTo })),
);

describe.each(pairs)('db:copy from $from to $to', ({ makeFrom, makeTo }) => {
  let source: ChatStore;
  let copy: ChatStore;
  let userIds: string[];
  let output: string;

  beforeAll(async () => {
    const [from, to] = [makeFrom(), makeTo()];
    source = await openStore(from);
    userIds = (await addChats(source)).map(({ id }) => id);
    sandbox.directory = process.cwd();
    output = await sandbox.run('copy', [urlOf(from), urlOf(to)]);
    copy = await openStore(to);
  });
  afterAll(async () => {
    await source.close();
    await copy.close();
  });

  test('copies everything that users can read, in the same order', async () => {
    expect(output).toMatch(/^3 users, 6 logins, 15 sessions, 138 messages \(9 unanswered\)$/m);
    expect(await readChats(copy, userIds)).toStrictEqual(await readChats(source, userIds));
  });

  test('leaves out the replies that are being made', async () => {
    const { sessions } = await readChats(source, userIds);
    const ids = sessions.map(({ id }) => id);
    expect(await source.findDrafts(ids)).toHaveLength(CHATS.drafts);
    expect(await copy.findDrafts(ids)).toEqual([]);
  });

  test('a regenerated reply is not stored again afterwards, but the next one is', async () => {
    const { sessions, messages } = await readChats(source, userIds);
    const regenerated = messages.filter(({ variant }) => variant === 2);
    expect(regenerated).not.toEqual([]);
    for (const { sessionId, replyTo } of regenerated) {
      const { userId } = present(sessions.find(({ id }) => id === sessionId));
      const message = present(messages.find(({ messageId }) => messageId === replyTo));
      expect(await copy.appendReply(newReply(userId, message, { variant: 2 }))).toBeNull();
      const next = await copy.appendReply(newReply(userId, message, { variant: 3 }));
      expect(next).toMatchObject({ replyTo, variant: 3 });
    }
  });

  test('a message that is sent again afterwards is a duplicate, with its reply', async () => {
    const [userId = ''] = userIds;
    const { messages } = await readChats(source, userIds);
    const sent = present(messages.find(({ clientMessageId }) => clientMessageId === 'client-11'));
    const reply = present(messages.find(({ replyTo }) => replyTo === sent.messageId));
    const again = newExchange(userId, sent.sessionId, { clientMessageId: 'client-11' });
    expect(await append(copy, again)).toMatchObject({ duplicate: true, message: sent, reply });
  });

  test('unanswered messages can be answered afterwards, once, and sessions continue without a gap', async () => {
    for (const { userId, message } of await copy.findUnanswered(1_000)) {
      expect(await copy.appendReply(newReply(userId, message))).toMatchObject({ replyTo: message.messageId });
      expect(await copy.appendReply(newReply(userId, message))).toBeNull();
      const { session } = await appendAndFind(copy, newExchange(userId, message.sessionId));
      const messages = await readAll(copy, userId, session.id);
      expect(messages.map(({ seq }) => seq)).toEqual(seqsTo(session.lastSeq));
    }
    expect(await copy.findUnanswered(1)).toEqual([]);
  });

  test('users are found, names stay unique, and deletions work', async () => {
    const [userId = ''] = userIds;
    const user = present(await copy.findUser(userId));
    expect(await copy.findUserByEmail(present(user.email))).toEqual(user);
    await expect(addUser(copy, { username: user.username.toUpperCase() })).rejects.toMatchObject({
      code: 'USERNAME_TAKEN',
    });
    const session = present(
      (await copy.listSessions(userId, { limit: 1 }, new Date().toISOString())).sessions[0],
    );
    await copy.deleteSession(userId, session.id);
    const { session: next } = await appendAndFind(copy, newExchange(userId, session.id));
    expect((await readAll(copy, userId, session.id)).length).toBe(next.lastSeq);
    expect(next.lastSeq).toBe(2);
    expect(await copy.deleteUser(userId)).toBe(true);
    expect(await copy.findSession(userId, session.id)).toBeNull();
  });
});
