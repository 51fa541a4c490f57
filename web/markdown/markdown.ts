/** Parses messages. The page loads this program when the first message needs it. */
import type { MarkedToken, TokensList } from 'marked';
import { Converter, code, plain } from './convert';
import { BoundedLexer, isMarked } from './lexer';
import { withLinks } from './links';
import type { MarkdownNode, MarkdownNodes, TableRows } from './nodes';

export { textOf } from './textOf';

/** Long lists and tables are taken apart into pieces with this many items or rows, so that only the last ones are parsed again. */
const PIECE_SIZE = 20;
/** The rows of a table after these are shown as text. */
const MAX_ROWS = 1_000;

/** A message as it has been parsed so far. */
export interface ParsedMessage {
  readonly blocks: MarkdownNodes;
  /** The beginning that more text can't change. */
  readonly frozen: Frozen;
  /** What follows it: the last two pieces. */
  readonly open: readonly ParsedPiece[];
}

interface Frozen {
  text: string;
  /** The head of the table that goes on after the text; otherwise empty. */
  tableHead: string;
  nodes: readonly PieceNode[];
  /** The depths of the headings around what follows. */
  headings: readonly number[];
  links: TokensList['links'];
}

/** A block, or a part of a long one. */
interface Piece {
  raw: string;
  token: MarkedToken;
  /** The head of the table whose rows this piece continues; otherwise empty. */
  tableHead: string;
}

interface ParsedPiece {
  raw: string;
  tableHead: string;
  isGrowing: boolean;
  nodes: readonly PieceNode[];
  headings: readonly number[];
}

/** A node, or rows that belong to the table before it. */
type PieceNode = MarkdownNode | { kind: 'moreRows'; rows: TableRows; raw: string };

const NOTHING: Frozen = { text: '', tableHead: '', nodes: [], headings: [], links: {} };

/**
 * Parses the Markdown of a reply. `previous` is what this returned for the beginning of the same text: all but its last two pieces are
 * taken over. Throws if the text can't be parsed.
 */
export function parseReply(
  text: string,
  isComplete: boolean,
  previous: ParsedMessage | null = null,
): ParsedMessage {
  const source = text.replace(/\r\n?/g, '\n');
  const isContinued = previous !== null && source.startsWith(previous.frozen.text);
  const start = isContinued ? previous.frozen : NOTHING;
  const lexer = new BoundedLexer(start.links);
  const tokens = lexer.lex(start.tableHead + source.slice(start.text.length)).filter(isMarked);
  // The address of a link may stand after the link, and what was taken for a row may have become something else.
  const isChanged =
    (isComplete && Object.keys(lexer.tokens.links).length > 0) ||
    (start.tableHead !== '' && tokens[0]?.type !== 'table');
  if (start !== NOTHING && isChanged) return parseReply(text, isComplete);
  return continued(start, tokens, isComplete, isContinued ? previous.open : []);
}

/** Parses a message of the user, in which only links and fenced code differ from the text. */
export function parseOwn(text: string): ParsedMessage {
  const blocks: MarkdownNode[] = [];
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  let textStart = 0;
  const endText = (end: number) => {
    const words = lines.slice(textStart, end).join('\n');
    if (words.trim() !== '') blocks.push(plain('p', withLinks(words)));
  };
  const closings = closingFences(lines);
  for (let index = 0; index < lines.length; index++) {
    const closing = closings.get(index);
    if (closing === undefined) continue;
    endText(index);
    const language = (lines[index] ?? '').replace(/^ {0,3}[`~]+/, '').trim();
    blocks.push(code(lines.slice(index + 1, closing).join('\n'), language, true));
    textStart = closing + 1;
    index = closing;
  }
  endText(lines.length);
  return { blocks, frozen: NOTHING, open: [] };
}

/** The lines that open fenced code, each with the line that closes it. */
function closingFences(lines: readonly string[]): Map<number, number> {
  const closings = new Map<number, number>();
  let opening: { index: number; fence: string } | null = null;
  for (const [index, line] of lines.entries()) {
    const fence = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence === undefined) continue;
    if (opening === null) opening = { index, fence };
    else if (fence.startsWith(opening.fence) && line.trim() === fence) {
      closings.set(opening.index, index);
      opening = null;
    }
  }
  return closings;
}

function continued(
  start: Frozen,
  tokens: readonly MarkedToken[],
  isComplete: boolean,
  known: readonly ParsedPiece[],
): ParsedMessage {
  const pieces = tokens.flatMap((token, index) => piecesOf(token, index === 0 ? start.tableHead : ''));
  const shown = pieces.flatMap(({ token }, index) => (token.type === 'space' ? [] : [index]));
  const last = shown.at(-1) ?? -1;
  const openFrom = shown.at(-2) ?? 0;
  const parsed = pieces.reduce<ParsedPiece[]>((before, { raw, token, tableHead }, index) => {
    const isGrowing = index === last && !isComplete && !isClosed(token);
    const same = known.find((each) => each.raw === raw && each.isGrowing === isGrowing);
    const headings = [...(before.at(-1)?.headings ?? start.headings)];
    const nodes = tableHead === '' ? new Converter(headings, isGrowing).block(token) : moreRows(token, raw);
    before.push(same ?? { raw, tableHead, isGrowing, nodes, headings });
    return before;
  }, []);
  const closed = parsed.slice(0, openFrom);
  const open = parsed.slice(openFrom);
  const nodes = [...start.nodes, ...closed.flatMap((each) => each.nodes)];
  const links = pieces.slice(0, openFrom).flatMap(({ token }) => (token.type === 'def' ? [token] : []));
  return {
    blocks: withWholeTables([...nodes, ...open.flatMap((each) => each.nodes)]),
    frozen: {
      text: start.text + closed.map(({ raw }) => raw).join(''),
      tableHead: open[0]?.tableHead ?? '',
      nodes,
      headings: closed.at(-1)?.headings ?? start.headings,
      links: { ...Object.fromEntries(links.map((each) => [each.tag, each])), ...start.links },
    },
    open,
  };
}

/** @param continuedHead The head of the table that the token continues, with which its text begins; otherwise empty. */
function piecesOf(token: MarkedToken, continuedHead: string): Piece[] {
  if (token.type === 'list') {
    return groupsOf(token.items).map((items, index) => {
      const raw = items.map((item) => item.raw).join('');
      const start = token.start === '' ? '' : token.start + index * PIECE_SIZE;
      return { raw, token: { ...token, raw, start, items }, tableHead: '' };
    });
  }
  if (token.type === 'table' && (continuedHead !== '' || token.rows.length > PIECE_SIZE)) {
    const [names = '', line = '', ...lines] = token.raw.split(/(?<=\n)/);
    const groups = groupsOf(token.rows);
    return groups.map((rows, index) => {
      const end = index === groups.length - 1 ? lines.length : (index + 1) * PIECE_SIZE;
      const rowsRaw = lines.slice(index * PIECE_SIZE, end).join('');
      const isFirst = index === 0 && continuedHead === '';
      const raw = isFirst ? names + line + rowsRaw : rowsRaw;
      return { raw, token: { ...token, raw, rows }, tableHead: isFirst ? '' : names + line };
    });
  }
  return [{ raw: token.raw, token, tableHead: '' }];
}

function groupsOf<T>(items: readonly T[]): T[][] {
  const count = Math.max(1, Math.ceil(items.length / PIECE_SIZE));
  return Array.from({ length: count }, (_, index) =>
    items.slice(index * PIECE_SIZE, (index + 1) * PIECE_SIZE),
  );
}

function moreRows(token: MarkedToken, raw: string): PieceNode[] {
  return token.type === 'table'
    ? [{ kind: 'moreRows', rows: new Converter([], false).rows(token), raw }]
    : [];
}

/** Joins tables and the rows that follow them. */
function withWholeTables(nodes: readonly PieceNode[]): MarkdownNodes {
  return nodes.reduce<MarkdownNode[]>((result, node) => {
    const last = result.at(-1);
    if (typeof node === 'string' || node.kind !== 'moreRows') result.push(node);
    else if (typeof last === 'object' && last.kind === 'code')
      result[result.length - 1] = code(last.text + node.raw, '', false);
    else if (typeof last !== 'object' || last.kind !== 'table') return result;
    else if (last.parts.length * PIECE_SIZE >= MAX_ROWS) result.push(code(node.raw, '', false));
    else result[result.length - 1] = { ...last, parts: [...last.parts, node.rows] };
    return result;
  }, []);
}

/** Fenced code ends with its fence. Every other block may go on until another one begins. */
function isClosed({ type, raw }: MarkedToken): boolean {
  return type === 'code' && /^ {0,3}(`{3,}|~{3,})[\s\S]*\n {0,3}\1[`~]*\s*$/.test(raw);
}
