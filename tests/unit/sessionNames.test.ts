import { sessionName } from '../../src/domain/fields';
import { nameFromContent } from '../../src/domain/session';

const FAMILY = '👨‍👩‍👧‍👦';
const ZALGO = `a${'\u0301'.repeat(39)}`;
const units = new Intl.Segmenter('en', { granularity: 'grapheme' });
const visibleCharacters = (text: string) => Array.from(units.segment(text), ({ segment }) => segment);

test.each([
  ['a short text', 'Hello', 'Hello'],
  ['60 letters of a longer one', 'ab'.repeat(9_000), 'ab'.repeat(30)],
  ['an emoji of several code points at the end', `${'a'.repeat(59)}${FAMILY}b`, `${'a'.repeat(59)}${FAMILY}`],
  ['no part of an emoji that doesn’t fit', `${'a'.repeat(60)}${FAMILY}`, 'a'.repeat(60)],
  ['14 emoji of 7 code points each', FAMILY.repeat(60), FAMILY.repeat(14)],
  ['flags that aren’t cut in half', `x${'🇩🇪'.repeat(60)}`, `x${'🇩🇪'.repeat(49)}`],
  ['a letter with all of its marks', ZALGO.repeat(3), ZALGO.repeat(2)],
  ['a part of a letter with too many marks', `a${'\u0301'.repeat(5_000)}b`, `a${'\u0301'.repeat(99)}`],
  [
    'several lines as one',
    ' \r\n First line\n\n\tsecond\u2028line\u3000end\u0085\n',
    'First line second line end',
  ],
  ['a line break that isn’t at the end of the 60', `${'a'.repeat(59)}\nb`, 'a'.repeat(59)],
  ['words far behind spaces', `a${' \n'.repeat(8_000)}b`, 'a b'],
  ['no control characters', 'a\u0001\u001b[31mb\u007f\u009f', 'a[31mb'],
  ['no bidirectional controls', '\u202eabc\u2066\u05d0\u2069\u200f\u061c', 'abc\u05d0'],
  ['no space where a control stood between two', 'a \u202e \u0001 b', 'a b'],
  ['what shows after much that doesn’t', `${'\u200b\u2060'.repeat(500)}\u3164x`, 'x'],
  ['an emoji with the variation selector that colors it', '\ufe0f❤\ufe0f', '❤\ufe0f'],
  ['a mark that starts the text', '\u0301a', '\u0301a'],
])('a session is named after its first message: %s', (_kind, content, name) => {
  expect(nameFromContent(content)).toBe(name);
});

test('every name is one that a user may give, and has at most 60 graphemes', () => {
  const parts = [FAMILY, ZALGO, '🇩🇪', '\u202e', '\n', ' ', 'x', '\u200b', '\u3164', '\0', '\u0301', '🐴'];
  for (let first = 0; first < parts.length; first++) {
    for (let step = 1; step < parts.length; step++) {
      const content = Array.from({ length: 200 }, (_, index) => parts[(first + index * step) % parts.length]);
      const text = `${content.join('').replaceAll('\0', '\u0007')}end`;
      const name = nameFromContent(text);
      expect(sessionName.parse(name)).toEqual({ value: name });
      expect(visibleCharacters(name).length).toBeLessThanOrEqual(60);
      expect(name).toBe(name.trim());
      expect(name).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u);
    }
  }
});
