/** The names of elements that need nothing but their children. No other element is ever created from a message. */
export type PlainTag =
  | 'p'
  | 'h2'
  | 'h3'
  | 'h4'
  | 'h5'
  | 'h6'
  | 'blockquote'
  | 'ul'
  | 'li'
  | 'hr'
  | 'strong'
  | 'em'
  | 'del'
  | 'code'
  | 'br';

/** A piece of a message. Strings are shown as they are. */
export type MarkdownNode =
  | string
  | { kind: 'plain'; tag: PlainTag; children: MarkdownNodes }
  | { kind: 'orderedList'; start: number; children: MarkdownNodes }
  /** The box of an item of a task list. */
  | { kind: 'task'; isDone: boolean }
  | LinkNode
  | CodeNode
  | TableNode;

export type MarkdownNodes = readonly MarkdownNode[];

export interface LinkNode {
  kind: 'link';
  /** An http, https or mailto address. */
  href: string;
  /** The host that the link leads to, or the email address. */
  target: string;
  /** The text names another host than the one that the link leads to. */
  isMisleading: boolean;
  children: MarkdownNodes;
}

export interface CodeNode {
  kind: 'code';
  /** As the message names it; may be empty. */
  language: string;
  text: string;
  /** The text in colored pieces, or null if it is not highlighted. */
  pieces: readonly CodePiece[] | null;
}

export interface CodePiece {
  /** Null for text without a color. */
  color: CodeColor | null;
  text: string;
}

export type CodeColor = 'keyword' | 'string' | 'comment' | 'name';

export type TableAlignment = 'left' | 'center' | 'right' | null;

export interface TableNode {
  kind: 'table';
  alignments: readonly TableAlignment[];
  header: readonly MarkdownNodes[];
  /** Its rows, in parts that stay the same while the table grows. */
  parts: readonly TableRows[];
}

/** Rows of cells. */
export type TableRows = readonly (readonly MarkdownNodes[])[];
