import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { DraftRelay } from '../../src/fleet/draftRelay';
import type { DraftPiece } from '../../src/fleet/hints';
import type { LiveDraft } from '../../src/services/publisher';
import { present } from '../contract/storeFixture';

const USER = randomUUID();
const SESSION = randomUUID();
const REPLY_TO = randomUUID();
const TEXTS = ['What the first attempt says.', 'And what 🐢 the second one does.'] as const;

/** A relay whose sockets are in the session, with what it shows them and what it publishes. */
function startRelay() {
  const shown: LiveDraft[] = [];
  const ended: LiveDraft[] = [];
  const published: object[] = [];
  const relay = new DraftRelay({
    store: { findDrafts: async () => [] },
    devices: {
      draftChanged: (draft) => void shown.push({ ...draft }),
      draftEnded: (draft) => void ended.push({ ...draft }),
    },
    owner: () => 'this node',
    isShared: () => true,
    isJoined: () => true,
    publish: (_userId, hint) => void published.push(hint),
    retain: () => {},
    release: () => {},
  });
  return { relay, shown, ended, published };
}

function pieceOf(attempt: number, from: number, to: number): DraftPiece {
  const text = present(TEXTS[attempt - 1]).slice(from, to);
  const key = { sessionId: SESSION, replyTo: REPLY_TO, variant: 2 };
  return { ...key, attempt, at: from, text, state: 'writing' };
}

/** Any part of what another node publishes: pieces may be lost, doubled, late, or overlap. */
const anyPiece = fc
  .record({ attempt: fc.integer({ min: 1, max: 2 }), from: fc.nat(32), length: fc.nat(32) })
  .map(({ attempt, from, length }) => {
    const start = Math.min(from, present(TEXTS[attempt - 1]).length);
    return pieceOf(attempt, start, start + length);
  });

describe('the draft of another node', () => {
  test('is shown without a gap, whatever the bus does to its pieces, and complete after the whole text', () => {
    fc.assert(
      fc.property(fc.array(anyPiece, { maxLength: 40 }), (pieces) => {
        const { relay, shown } = startRelay();
        for (const piece of pieces) relay.receive(USER, piece);
        let [attempt, length] = [1, 0];
        for (const draft of shown) {
          expect(present(TEXTS[draft.attempt - 1]).startsWith(draft.text)).toBe(true);
          expect(draft.attempt).toBeGreaterThanOrEqual(attempt);
          if (draft.attempt === attempt) expect(draft.text.length).toBeGreaterThanOrEqual(length);
          [attempt, length] = [draft.attempt, draft.text.length];
        }
        relay.receive(USER, pieceOf(2, 0, 100));
        expect(shown.at(-1)).toMatchObject({ attempt: 2, text: TEXTS[1] });
      }),
    );
  });

  test('is asked for when text is missing', () => {
    const { relay, published } = startRelay();
    relay.receive(USER, pieceOf(1, 4, 8));
    expect(published).toEqual([{ kind: 'wanted', sessionId: SESSION }]);
  });

  test('ends with its message, whichever variant it is', () => {
    const { relay, ended } = startRelay();
    relay.receive(USER, pieceOf(1, 0, 8));
    const message = { messageId: randomUUID(), seq: 4, sender: 'server' as const, content: 'So.' };
    const timestamp = new Date().toISOString();
    relay.delivered({ ...message, sessionId: SESSION, timestamp, replyTo: REPLY_TO });
    expect(ended).toEqual([]);
    relay.delivered({ ...message, sessionId: SESSION, timestamp, replyTo: REPLY_TO, variant: 2 });
    expect(ended).toMatchObject([{ replyTo: REPLY_TO, variant: 2 }]);
  });

  test('that fails is shown with its error, and is then forgotten', () => {
    const { relay, shown, ended } = startRelay();
    relay.receive(USER, pieceOf(1, 0, 8));
    const failure = { state: 'failed', error: { code: 'RESPONDER_FAILED' } } as const;
    relay.receive(USER, { ...pieceOf(1, 8, 8), ...failure });
    expect(shown.at(-1)).toMatchObject({ text: TEXTS[0].slice(0, 8), ...failure });
    expect(ended).toHaveLength(1);
  });
});
