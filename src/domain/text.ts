/** U+2800, the Braille cell without dots, is a symbol to Unicode, but shows as little as a space. */
const SHOWN = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\u2800]/u;

/** True if the text shows nothing: it has only spaces, control characters, format characters and fillers. */
export function isBlank(text: string): boolean {
  return !SHOWN.test(text);
}

/** Format characters, such as U+200B and U+202E, and fillers. Some others, such as variation selectors, are invisible alone. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}]/u;

/** True if a part of the text is not visible, or changes the order in which the others are shown. */
export function hasInvisible(text: string): boolean {
  return INVISIBLE.test(text);
}

/** Controls would change the text around them where it is shown. Those that are white space separate words. */
const CONTROLS = /(?!\p{White_Space})[\p{Cc}\p{Bidi_Control}]/gu;
const WHITE_SPACE = /\p{White_Space}+/gu;

/** The text as one line, from its first visible character: white space is one space, and controls are left out. */
export function toLine(text: string): string {
  const line = text.replace(CONTROLS, '').replace(WHITE_SPACE, ' ');
  return line.slice(Math.max(0, line.search(SHOWN))).trimEnd();
}

/** Splits a text into what people see as its characters; an emoji of a family is one of them and has seven code points. */
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * The start of a text with at most these numbers of graphemes and code points. It ends between two graphemes, unless already the
 * first one has too many code points.
 */
export function startOf(text: string, limit: { graphemes: number; codePoints: number }): string {
  let start = '';
  let count = 0;
  let codePoints = 0;
  for (const { segment } of graphemes.segment(text)) {
    const added = Array.from(segment);
    codePoints += added.length;
    if (count === limit.graphemes) break;
    if (codePoints > limit.codePoints) return start || added.slice(0, limit.codePoints).join('');
    start += segment;
    count++;
  }
  return start;
}
