import type { Message } from '../../../src/domain/message';
import { has, resultsOf } from './deed';
import type { Deed } from './device';
import type { Kept } from './world';

/** The history is 1, 2, 3 …, each user message once and followed by its reply. */
export function expectSound({ owner, session, history }: Kept): void {
  expect(history.map(({ seq }) => seq)).toEqual(history.map((_, index) => index + 1));
  expect(session.lastSeq).toBe(history.length);
  expect(new Set(history.map(({ messageId }) => messageId)).size).toBe(history.length);
  const questions = history.filter(({ sender }) => sender === 'user');
  const clientIds = questions.map(({ clientMessageId }) => clientMessageId);
  expect(new Set(clientIds).size).toBe(clientIds.length);
  const exchanges = questions.flatMap(({ messageId, content, seq }) => [
    expect.objectContaining({ messageId, seq }),
    expect.objectContaining({ sender: 'server', replyTo: messageId, content, seq: seq + 1 }),
  ]);
  expect(history).toEqual(exchanges);
  for (const { content } of history) expect(content).toMatch(new RegExp(`^user ${owner}: `));
}

/** Nobody reads or gets anything of another user. */
export function expectOwnOnly({ device, result }: Deed): void {
  const own = expect.stringMatching(new RegExp(`^user ${device.account.user}: `));
  const told: Message[] = 'messages' in result ? result.messages : [];
  if (result.what === 'sent') told.push(result.message);
  for (const { content } of told) expect(content).toEqual(own);
}

/** The session has become what the deeds that were done at once, in whatever order, make of it. */
export function expectOutcome(before: Kept | null, deeds: readonly Deed[], after: Kept | null): void {
  if (after) expectSound(after);
  if (has(deeds, 'deleted')) expectMadeAnew(before, deeds, after);
  else if (after) expectGrown(before, deeds, after);
  else expectNothing(before, deeds);
}

function expectNothing(before: Kept | null, deeds: readonly Deed[]): void {
  expect(before).toBeNull();
  expect(deeds.filter((deed) => deed.creates)).toEqual([]);
  expect(
    deeds.filter(({ result }) => !['refused', 'left', 'leaving lost', 'connected'].includes(result.what)),
  ).toEqual([]);
}

function expectMadeAnew(before: Kept | null, deeds: readonly Deed[], after: Kept | null): void {
  // Also a join that was refused may have made it: if it was deleted before the join had read it.
  const makers = deeds.filter(({ creates }) => creates).map(({ device }) => device.account.user);
  if (!before) expect(makers).not.toEqual([]);
  if (!after) return;
  expect(makers).toContain(after.owner);
  const sent = new Set(resultsOf(deeds, 'sent').map(({ result }) => result.message.messageId));
  const old = new Set(before?.history.map(({ messageId }) => messageId));
  const foreign = after.history.filter(({ messageId, replyTo }) => {
    return old.has(messageId) || !sent.has(replyTo ?? messageId);
  });
  expect(foreign).toEqual([]);
}

function expectGrown(before: Kept | null, deeds: readonly Deed[], after: Kept): void {
  const old = before?.history ?? [];
  expect(after.history.slice(0, old.length)).toEqual(old);
  if (before)
    expect([after.owner, after.session.createdAt]).toEqual([before.owner, before.session.createdAt]);
  expectAnswered(before, deeds, after.owner);
  expectStored(old, deeds, after.history);
  expectRead(old, deeds, after.history);
  expectNamed(before, deeds, after);
}

/** The owner's deeds succeed, everybody else's don't. */
function expectAnswered(before: Kept | null, deeds: readonly Deed[], owner: number): void {
  for (const { device, creates, result } of deeds) {
    if (['left', 'leaving lost', 'connected'].includes(result.what)) continue;
    const isOwner = device.account.user === owner;
    if (!isOwner) expect(result).toEqual({ what: 'refused' });
    else if (before || creates) expect(result).not.toEqual({ what: 'refused' });
  }
}

/** What was acknowledged is what is stored, and of those who sent the same one was the first. */
function expectStored(old: readonly Message[], deeds: readonly Deed[], history: readonly Message[]): void {
  const sent = resultsOf(deeds, 'sent');
  for (const { withoutAck, lost, result } of sent) {
    const { message, reply, duplicate, content, clientMessageId } = result;
    expect(message).toEqual(history[message.seq - 1]);
    expect(message.clientMessageId).toBe(clientMessageId);
    if (reply !== undefined) expect(reply).toEqual(history[message.seq]);
    if (!duplicate) expect([message.content, message.seq > old.length]).toEqual([content, true]);
    if (withoutAck && !lost) expect(duplicate).toBe(true);
  }
  const added = history.slice(old.length).filter(({ sender }) => sender === 'user');
  for (const { messageId } of added) {
    const same = sent.map(({ result }) => result).filter(({ message }) => message.messageId === messageId);
    const firsts = same.filter(({ duplicate }) => !duplicate).length;
    const unknown = same.some(({ repeated }) => repeated) && firsts === 0;
    expect([messageId, unknown ? 1 : firsts]).toEqual([messageId, 1]);
  }
}

/** Whoever read got a part of the history without a gap, and all that was there before. */
function expectRead(old: readonly Message[], deeds: readonly Deed[], history: readonly Message[]): void {
  const reads = resultsOf(deeds, 'read').map(({ result }) => ({ after: 0, messages: result.messages }));
  const joins = resultsOf(deeds, 'joined').map(({ result }) => result);
  for (const { after, messages } of [...reads, ...joins]) {
    if (after === null) continue;
    expect(messages).toEqual(history.slice(after, after + messages.length));
    expect(messages.length).toBeGreaterThanOrEqual(old.length - after);
  }
  for (const { lastSeq } of joins) {
    expect(lastSeq).toBeGreaterThanOrEqual(old.length);
    expect(lastSeq).toBeLessThanOrEqual(history.length);
  }
}

function expectNamed(before: Kept | null, deeds: readonly Deed[], { session, history }: Kept): void {
  const given = resultsOf(deeds, 'renamed').map(({ result }) => result.name);
  if (given.length > 0) expect(given).toContain(session.name);
  else expect(session.name).toBe(before?.session.name ?? history[0]?.content ?? null);
}
