import fc from 'fast-check';
import { MAX_REPLY_BYTES } from '../../src/domain/limits';
import type { ReplyPart } from '../../src/responders/responder';
import { boundedReply } from '../../src/services/replies/replyRequests';
import { ask, newPrompt } from './prompts';

/** Reads a reply of these parts. */
function read(...parts: ReplyPart[]) {
  return ask({
    kind: 'streaming',
    async *respond() {
      yield* parts;
    },
  });
}

test('a reply ends well only with a finish part', async () => {
  expect(await read({ text: 'half' })).toMatchObject({ text: 'half', failure: { kind: 'passing' } });
  expect(await read({ text: 'whole' }, { finish: 'stop' })).toMatchObject({ text: 'whole', failure: null });
});

test('a reply without text has failed, unless it was cut off before its first text', async () => {
  const failed = { failure: { kind: 'permanent' } };
  expect(await read({ finish: 'stop' })).toMatchObject(failed);
  expect(await read({ text: ' \n' }, { finish: 'stop' })).toMatchObject(failed);
  expect(await read({ finish: 'length' })).toMatchObject({ failure: null });
  expect(await read({ finish: 'filtered' })).toMatchObject({ failure: null });
});

test.each(['a', 'é', '…', '🐢'])(
  'a reply of many %s ends at 64 KB, with a whole character',
  async (character) => {
    const bytes = Buffer.byteLength(character);
    const piece = character.repeat(1_000);
    const { text, parts } = await read(...Array(80).fill({ text: piece }), { finish: 'stop' });
    expect(text).toBe(character.repeat(Math.floor(MAX_REPLY_BYTES / bytes)));
    expect(parts.at(-1)).toEqual({ finish: 'length' });
  },
);

test('a reply of exactly 64 KB is complete', async () => {
  const { text, parts } = await read({ text: 'a'.repeat(MAX_REPLY_BYTES) }, { finish: 'stop' });
  expect([text.length, parts.at(-1)]).toEqual([MAX_REPLY_BYTES, { finish: 'stop' }]);
});

test('the source is closed when a reply is too long', async () => {
  let isClosed = false;
  async function* endless(): AsyncGenerator<ReplyPart> {
    try {
      for (;;) yield { text: 'a'.repeat(1_000) };
    } finally {
      isClosed = true;
    }
  }
  await ask({ kind: 'streaming', respond: endless }, newPrompt());
  expect(isClosed).toBe(true);
});

test('surrogate pairs stay whole however a reply is split, and what storage would change is replaced', async () => {
  const unit = fc.constantFrom('a', '🐢', '\ud83d', '\udc22', '\0', 'é');
  await fc.assert(
    fc.asyncProperty(fc.array(unit), fc.array(fc.nat(20)), async (units, cuts) => {
      const whole = `x${units.join('')}`;
      const ends = [...cuts, whole.length].sort((a, b) => a - b);
      const parts = ends.map((end, index) => ({ text: whole.slice(ends[index - 1] ?? 0, end) }));
      const texts: string[] = [];
      const source = (async function* (): AsyncGenerator<ReplyPart> {
        yield* parts;
        yield { finish: 'stop' };
      })();
      for await (const part of boundedReply(source)) if ('text' in part) texts.push(part.text);
      expect(texts.every((text) => text.isWellFormed() && !text.includes('\0'))).toBe(true);
      expect(texts.join('')).toBe(whole.toWellFormed().replaceAll('\0', '\ufffd'));
    }),
  );
});
