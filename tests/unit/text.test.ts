import { isBlank } from '../../src/domain/text';

describe('a text is blank if it shows nothing', () => {
  test.each([
    ['no character', ''],
    ['spaces, tabs and line breaks', ' \t\r\n\v\f\u0085\u2028\u2029'],
    ['wide, thin and no-break spaces', '\u00a0\u1680\u2000\u200a\u202f\u205f\u3000'],
    ['zero width characters', '\u200b\u200c\u200d\u2060\ufeff'],
    ['bidirectional controls', '\u061c\u200e\u200f\u202a\u202e\u202c\u2066\u2069'],
    ['other format characters', '\u00ad\u180e\u2061\u206a\ufff9\u{1d173}\u{e0001}\u{e0041}\u{e007f}'],
    ['Hangul fillers', '\u115f\u1160\u3164\uffa0'],
    ['Khmer inherent vowels', '\u17b4\u17b5'],
    ['variation selectors', '\ufe00\ufe0f\u{e0100}\u{e01ef}\u180b'],
    ['a combining grapheme joiner', '\u034f'],
    ['an empty Braille cell', '\u2800'],
    ['control characters', '\u0001\u001b\u007f\u009f'],
    ['all of them, up to the longest content', ' \u200b\u2060\u3164\u2800'.repeat(1_170)],
  ])('such as %s', (_kind, text) => {
    expect(isBlank(text)).toBe(true);
  });

  test.each([
    ['a letter', 'x'],
    ['a letter after much that shows nothing', `${'\u200b'.repeat(5_000)}x`],
    ['an emoji of several code points', '👨‍👩‍👧‍👦'],
    ['an emoji with a variation selector', '❤️'],
    ['a flag of tag characters', '🏴󠁧󠁢󠁳󠁣󠁴󠁿'],
    ['a combining mark alone', '\u0301'],
    ['a Braille cell with a dot', '\u2801'],
    ['a Hangul letter', '\u3131'],
    ['the replacement character', '\ufffd'],
    ['a character of private use', '\ue000'],
  ])('but not %s', (_kind, text) => {
    expect(isBlank(text)).toBe(false);
  });
});
