import { Lexer, type MarkedToken, type Token, type TokensList } from 'marked';

/** Quotes and lists nested more deeply are shown as text. */
const MAX_DEPTH = 16;
/** A paragraph with more of these characters is shown as text, since the time to pair them grows with their square. */
const MAX_DELIMITERS = 400;

/** A lexer whose depth and time are bounded, whatever the text is. */
export class BoundedLexer extends Lexer {
  private depth = 0;

  constructor(links: TokensList['links']) {
    super({ gfm: true });
    Object.assign(this.tokens.links, links);
  }

  override blockTokens(source: string, tokens: Token[] = [], isClipped?: boolean): TokensList {
    const list = Object.assign(tokens, { links: this.tokens.links });
    this.bounded(source, list, () => super.blockTokens(source, list, isClipped));
    return list;
  }

  override inlineTokens(source: string, tokens: Token[] = []): Token[] {
    const delimiters = source.length > MAX_DELIMITERS ? (source.match(/[*_~[\]`<]/g)?.length ?? 0) : 0;
    if (delimiters > MAX_DELIMITERS) tokens.push({ type: 'escape', raw: source, text: source });
    else this.bounded(source, tokens, () => super.inlineTokens(source, tokens));
    return tokens;
  }

  private bounded(source: string, tokens: Token[], lex: () => void): void {
    if (this.depth === MAX_DEPTH) {
      tokens.push({ type: 'escape', raw: source, text: source });
      return;
    }
    this.depth++;
    lex();
    this.depth--;
  }
}

const MARKED_TYPES: ReadonlySet<string> = new Set<MarkedToken['type']>([
  'blockquote',
  'br',
  'checkbox',
  'code',
  'codespan',
  'def',
  'del',
  'em',
  'escape',
  'heading',
  'hr',
  'html',
  'image',
  'link',
  'list',
  'list_item',
  'paragraph',
  'space',
  'strong',
  'table',
  'text',
]);

/** Whether it is a token of Markdown itself, not of an extension. There are none. */
export function isMarked(token: Token): token is MarkedToken {
  return MARKED_TYPES.has(token.type);
}
