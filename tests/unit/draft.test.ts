import fc from 'fast-check';
import { applyDelta, type Draft, type DraftDelta } from '../../src/domain/message';

const identity = { sessionId: 's', replyTo: 'm', variant: 1 };

/** The texts of the attempts of a reply, and the order in which a client gets pieces of them, some lost and some twice. */
const deliveries = fc
  .array(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 3 })
  .chain((texts) =>
    fc.record({
      texts: fc.constant(texts),
      pieces: fc.array(
        fc.record({ attempt: fc.integer({ min: 1, max: texts.length }), from: fc.nat(8), to: fc.nat(8) }),
        { maxLength: 20 },
      ),
    }),
  );

test('whatever pieces arrive, in any order, the text is a beginning of that of one attempt, or a gap is reported', () => {
  fc.assert(
    fc.property(deliveries, ({ texts, pieces }) => {
      let draft: Draft | undefined;
      for (const { attempt, from, to } of pieces) {
        const whole = texts[attempt - 1] ?? '';
        const at = Math.min(from, whole.length);
        const text = whole.slice(at, to);
        const next = applyDelta(draft, { ...identity, attempt, at, text, state: 'writing' });
        const known = draft?.attempt === attempt ? draft.text.length : 0;
        const isLate = draft !== undefined && attempt < draft.attempt;
        expect(next === null).toBe(!isLate && at > known);
        draft = next ?? draft;
        if (draft) expect(texts[draft.attempt - 1]?.startsWith(draft.text)).toBe(true);
      }
    }),
  );
});

const delta = (fields: Partial<DraftDelta>): DraftDelta => ({
  ...identity,
  attempt: 1,
  at: 0,
  text: '',
  state: 'writing',
  ...fields,
});

test('pieces that overlap are harmless, and a later attempt starts anew', () => {
  const first = applyDelta(undefined, delta({ text: 'Beca' }));
  const second = applyDelta(first ?? undefined, delta({ at: 2, text: 'cause' }));
  expect(second?.text).toBe('Because');
  const again = applyDelta(second ?? undefined, delta({ attempt: 2, state: 'asking' }));
  expect(again).toEqual({ replyTo: 'm', variant: 1, attempt: 2, text: '', state: 'asking' });
  expect(applyDelta(again ?? undefined, delta({ at: 7, text: '!' }))).toBe(again);
});
