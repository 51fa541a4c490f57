import fc from 'fast-check';
import { ThinkTags } from '../../src/responders/completionStream';

/** What comes of a reply that arrives in these pieces. */
function read(pieces: string[]) {
  const tags = new ThinkTags();
  const found = [...pieces.map((piece) => tags.push(piece)), tags.end()];
  return {
    text: found.map(({ text }) => text).join(''),
    thinking: found.some(({ thinking }) => thinking),
  };
}

test.each([
  ['<think>Let me see.</think>\n\nBecause.', 'Because.', true],
  [' \n<think></think>Because.', 'Because.', true],
  ['Because.', 'Because.', false],
  [' <b>Because</b> of <think>this</think>', ' <b>Because</b> of <think>this</think>', false],
  ['<think>a < b </thin> </think>a </think> b', 'a </think> b', true],
  ['<thin', '<thin', false],
  ['<think>never closed', '', true],
])('%j is the text %j', (reply, text, thinking) => {
  expect(read([reply])).toEqual({ text, thinking });
});

test('tags may be split anywhere', () => {
  const replies = ['<think>one</think>\n two', '  <think>x</thinx></think>y', '<thinking>z', 'plain <think>'];
  fc.assert(
    fc.property(fc.constantFrom(...replies), fc.array(fc.nat(30)), (reply, cuts) => {
      const ends = [...cuts, reply.length].sort((a, b) => a - b);
      const pieces = ends.map((end, index) => reply.slice(ends[index - 1] ?? 0, end));
      expect(read(pieces).text).toBe(read([reply]).text);
    }),
  );
});
