import fc from 'fast-check';
import { branchOf, tipOf, versionsOf } from '../../src/domain/branch';
import type { Message } from '../../src/domain/message';

/** One message of a session: a new one, a version of an earlier one, or another reply to an earlier one. */
type Step = { kind: 'new' } | { kind: 'edit'; of: number } | { kind: 'reply'; of: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.constant({ kind: 'new' as const }),
    fc.record({ kind: fc.constant('edit' as const), of: fc.nat(30) }),
    fc.record({ kind: fc.constant('reply' as const), of: fc.nat(30) }),
  ),
  { maxLength: 25 },
);

function sessionOf(given: readonly Step[]): Message[] {
  const messages: Message[] = [];
  for (const step of given) {
    const seq = messages.length + 1;
    const base = { messageId: `m${seq}`, sessionId: 's', seq, content: `${seq}`, timestamp: '' };
    const users = usersIn(messages);
    const target = step.kind === 'new' ? undefined : users[step.of % users.length]?.messageId;
    if (step.kind === 'new') messages.push({ ...base, sender: 'user' });
    else if (target !== undefined && step.kind === 'edit')
      messages.push({ ...base, sender: 'user', replaces: target });
    else if (target !== undefined) {
      const variant = messages.filter(({ replyTo }) => replyTo === target).length + 1;
      messages.push({ ...base, sender: 'server', replyTo: target, ...(variant > 1 && { variant }) });
    }
  }
  return messages;
}
const sessions = steps.map(sessionOf);
const usersIn = (messages: readonly Message[]) => messages.filter(({ sender }) => sender === 'user');
const idsOf = (messages: readonly Message[], tip?: string) =>
  branchOf(messages, tip).map(({ message }) => message.messageId);

/** The definition, word by word. */
function expectedBranch(messages: readonly Message[], tip: Message | undefined): string[] {
  if (!tip) return [];
  const users = usersIn(messages);
  let first = tip;
  for (let found: Message | undefined = tip; found; ) {
    first = found;
    const replaces: string | undefined = found.replaces;
    found = users.find(({ messageId }) => messageId === replaces);
  }
  const before = users.filter(({ seq }) => seq < first.seq).at(-1);
  return [...expectedBranch(messages, before), tip.messageId];
}

test('a branch goes back from its last message, and from an edited one to before the first of its versions', () => {
  fc.assert(
    fc.property(sessions, (messages) => {
      expect(idsOf(messages)).toEqual(expectedBranch(messages, usersIn(messages).at(-1)));
      for (const tip of usersIn(messages)) {
        expect(idsOf(messages, tip.messageId)).toEqual(expectedBranch(messages, tip));
      }
    }),
  );
});

test('without edits, the branch is the whole session', () => {
  fc.assert(
    fc.property(sessions, (messages) => {
      const plain = messages.map(({ replaces: _, ...message }) => message);
      const ids = usersIn(plain).map(({ messageId }) => messageId);
      expect(idsOf(plain)).toEqual(ids);
    }),
  );
});

test('each message has all its stored replies, the newest last', () => {
  fc.assert(
    fc.property(sessions, (messages) => {
      for (const { message, replies } of branchOf(messages)) {
        const expected = messages.filter(({ replyTo }) => replyTo === message.messageId);
        expect(replies).toEqual(expected);
      }
    }),
  );
});

test('of a part of the session, the branch is the part of the branch that is in it', () => {
  fc.assert(
    fc.property(sessions, fc.nat(25), (messages, skipped) => {
      const part = messages.slice(skipped);
      const whole = branchOf(messages).filter(({ message }) => part.includes(message));
      expect(branchOf(part)).toEqual(whole);
    }),
  );
});

test('all versions of a message have the same list of versions, and the same message before them', () => {
  fc.assert(
    fc.property(sessions, (messages) => {
      const versions = versionsOf(messages);
      expect([...versions.keys()].toSorted()).toEqual(
        usersIn(messages)
          .map((each) => each.messageId)
          .toSorted(),
      );
      for (const { messageId, replaces } of usersIn(messages)) {
        const own = versions.get(messageId) ?? [];
        expect(own).toContain(messageId);
        if (replaces !== undefined) expect(versions.get(replaces)).toEqual(own);
        for (const other of own) {
          expect(versions.get(other)).toEqual(own);
          expect(idsOf(messages, other).slice(0, -1)).toEqual(idsOf(messages, messageId).slice(0, -1));
        }
      }
    }),
  );
});

test('every message is on a branch: the one that ends with its tip, the latest such message', () => {
  fc.assert(
    fc.property(sessions, fc.nat(10), (messages, skipped) => {
      const part = messages.slice(skipped);
      for (const { messageId } of usersIn(part)) {
        const containing = usersIn(part).filter((tip) => idsOf(part, tip.messageId).includes(messageId));
        expect(tipOf(part, messageId)).toBe(containing.at(-1)?.messageId);
      }
    }),
  );
});

test('an example: two edits of the first message, and a reply that was regenerated after them', () => {
  const messages = sessionOf([
    { kind: 'new' },
    { kind: 'reply', of: 0 },
    { kind: 'new' },
    { kind: 'edit', of: 0 },
    { kind: 'reply', of: 2 },
    { kind: 'new' },
    { kind: 'edit', of: 2 },
    { kind: 'reply', of: 0 },
  ]);
  expect(idsOf(messages)).toEqual(['m7']);
  expect(idsOf(messages, 'm6')).toEqual(['m4', 'm6']);
  expect(idsOf(messages, 'm3')).toEqual(['m1', 'm3']);
  expect(branchOf(messages, 'm3')[0]?.replies.map(({ messageId }) => messageId)).toEqual(['m2', 'm8']);
  expect(versionsOf(messages).get('m4')).toEqual(['m1', 'm4', 'm7']);
  expect(tipOf(messages, 'm1')).toBe('m3');
});
