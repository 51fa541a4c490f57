import type { MarkedToken, Token, Tokens } from 'marked';
import { highlight } from './codeColors';
import { isMarked } from './lexer';
import { linkTo } from './links';
import type { MarkdownNode, MarkdownNodes, PlainTag, TableRows } from './nodes';

/** A table with more columns is shown as text: laying it out would take seconds. */
const MAX_COLUMNS = 40;

/** Creates the page's nodes from tokens. Tokens that it doesn't know are shown as their text. */
export class Converter {
  /** @param headings The depths of the headings around the next block, outermost first. Headings are added. */
  constructor(
    private readonly headings: number[],
    private readonly isGrowing: boolean,
  ) {}

  block(token: MarkedToken): MarkdownNode[] {
    switch (token.type) {
      case 'space':
      case 'def':
        return [];
      case 'paragraph':
        return [plain('p', this.inline(token.tokens))];
      case 'heading':
        return [plain(this.headingTag(token.depth), this.inline(token.tokens))];
      case 'hr':
        return [plain('hr', [])];
      case 'code':
        return [code(token.text, token.lang ?? '', !this.isGrowing)];
      case 'blockquote':
        return [plain('blockquote', this.blocks(token.tokens))];
      case 'list': {
        const children = token.items.map((item) => plain('li', this.blocks(item.tokens)));
        if (!token.ordered) return [plain('ul', children)];
        return [{ kind: 'orderedList', start: token.start === '' ? 1 : token.start, children }];
      }
      case 'table':
        return [this.table(token)];
      case 'html':
        return [plain('p', [token.raw.trimEnd()])];
      default:
        return this.inline([token]);
    }
  }

  private blocks(tokens: readonly Token[]): MarkdownNode[] {
    return joined(tokens.filter(isMarked).flatMap((token) => this.block(token)));
  }

  private inline(tokens: readonly Token[], isInLink = false): MarkdownNode[] {
    return joined(tokens.filter(isMarked).flatMap((token) => this.span(token, isInLink)));
  }

  private span(token: MarkedToken, isInLink: boolean): MarkdownNode[] {
    switch (token.type) {
      case 'strong':
      case 'em':
      case 'del':
        return [plain(token.type, this.inline(token.tokens, isInLink))];
      case 'codespan':
        return [plain('code', [token.text])];
      case 'br':
        return [plain('br', [])];
      case 'checkbox':
        return [{ kind: 'task', isDone: token.checked }];
      case 'link': {
        const children = this.inline(token.tokens, true);
        if (isInLink) return children;
        const href = token.autolink ? token.href : decoded(token.href);
        return [linkTo(href, children) ?? token.raw];
      }
      // An image would be loaded from another host, to which it can carry what the chat says.
      case 'image': {
        const name = token.text || 'Image';
        if (isInLink) return [name];
        return [linkTo(decoded(token.href), [name]) ?? token.raw];
      }
      case 'text':
        return token.tokens ? this.inline(token.tokens, isInLink) : [decoded(token.text)];
      case 'escape':
        return [token.text];
      default:
        return [token.raw];
    }
  }

  private table(token: Tokens.Table): MarkdownNode {
    if (token.header.length > MAX_COLUMNS) return code(token.raw, '', false);
    const [header = []] = this.cells([token.header]);
    return { kind: 'table', alignments: token.align, header, parts: [this.rows(token)] };
  }

  rows(token: Tokens.Table): TableRows {
    return this.cells(token.rows);
  }

  private cells(rows: readonly Tokens.TableCell[][]): TableRows {
    return rows.map((row) => row.map(({ tokens }) => this.inline(tokens)));
  }

  /** A level below its surrounding headings and the page's own: no level is skipped, whatever the message does. */
  private headingTag(depth: number): PlainTag {
    while ((this.headings.at(-1) ?? 0) >= depth) this.headings.pop();
    this.headings.push(depth);
    const tags = ['h2', 'h3', 'h4', 'h5', 'h6'] as const;
    return tags[this.headings.length - 1] ?? 'h6';
  }
}

export function plain(tag: PlainTag, children: MarkdownNodes): MarkdownNode {
  return { kind: 'plain', tag, children };
}

export function code(text: string, info: string, isHighlighted: boolean): MarkdownNode {
  const language = info.split(/[\s{]/)[0] ?? '';
  return { kind: 'code', language, text, pieces: isHighlighted ? highlight(text, language) : null };
}

/** Joins strings that follow each other. */
function joined(nodes: readonly MarkdownNode[]): MarkdownNode[] {
  const result: MarkdownNode[] = [];
  for (const node of nodes) {
    const last = result.at(-1);
    if (typeof node === 'string' && typeof last === 'string') result[result.length - 1] = last + node;
    else result.push(node);
  }
  return result;
}

const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };

/** Replaces character references, such as `&lt;`, by what they stand for. */
function decoded(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));/gi, (all, decimal, hexadecimal, name) => {
    if (name !== undefined) return NAMED[name] ?? all;
    const point = decimal === undefined ? Number.parseInt(hexadecimal, 16) : Number(decimal);
    return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : '\ufffd';
  });
}
