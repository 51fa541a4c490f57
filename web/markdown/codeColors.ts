import { SugarHigh, tokenize } from 'sugar-high/core';
import { lang, languages } from 'sugar-high/lang';
import type { CodeColor, CodePiece } from './nodes';

/** Longer code is not highlighted: its thousands of elements would take longer than a frame. */
const MAX_HIGHLIGHTED_LENGTH = 8_000;

/** The colors of the kinds of tokens. All others have the color of the text. */
const COLORS: Record<string, CodeColor> = {
  keyword: 'keyword',
  jsxliterals: 'string',
  string: 'string',
  comment: 'comment',
  class: 'name',
  entity: 'name',
  property: 'name',
};

/** The code in colored pieces, or null if its language is unknown or it is too long. */
export function highlight(code: string, languageName: string): readonly CodePiece[] | null {
  const id = code.length <= MAX_HIGHLIGHTED_LENGTH ? lang(languageName) : undefined;
  const language = languages.find((each) => each.id === id);
  if (!language || language.id === 'plaintext') return null;
  const pieces: CodePiece[] = [];
  for (const [type, text] of tokenize(code, language.config)) {
    const color = COLORS[SugarHigh.TokenTypes[type] ?? ''] ?? null;
    const last = pieces.at(-1);
    if (last?.color === color) last.text += text;
    else pieces.push({ color, text });
  }
  // A highlighter must not change what is copied or read.
  return pieces.map(({ text }) => text).join('') === code ? pieces : null;
}
