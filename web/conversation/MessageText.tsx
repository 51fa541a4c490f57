import { h, type VNode } from 'preact';
import { useEffect, useMemo, useReducer, useRef } from 'preact/hooks';
import type { Sender } from '../../src/domain/message';
import type { ParsedMessage } from '../markdown/markdown';
import type {
  CodeNode,
  LinkNode,
  MarkdownNode,
  MarkdownNodes,
  TableAlignment,
  TableNode,
  TableRows,
} from '../markdown/nodes';
import { CopyButton } from '../parts/CopyButton';
import { memo } from '../parts/memo';
import { Observable } from '../state/observable';

type Parser = typeof import('../markdown/markdown');

/** Texts without a match look the same as Markdown and as they are. */
const NEEDS_PARSER: Record<Sender, RegExp> = {
  server: /[*_`#[\]<>|~\\@]|&#?\w+;|^\s*(?:[-+=]|\d+[.)])|^(?: {4}|\t)|https?:|www\./m,
  user: /https?:\/\/|^ {0,3}(?:```|~~~)/m,
};

const parser = new Observable<Parser | null>(null);
let isLoading = false;

/** The program that parses messages, once it is loaded. Without it they are shown as they are. */
export function useParser(sender: Sender, text: string): Parser | null {
  const [, renderAgain] = useReducer((count: number) => count + 1, 0);
  const isNeeded = NEEDS_PARSER[sender].test(text);
  useEffect(() => {
    if (!isNeeded || parser.value) return;
    load();
    return parser.subscribe(() => renderAgain(undefined));
  }, [isNeeded]);
  return isNeeded ? parser.value : null;
}

function load(): void {
  if (isLoading) return;
  isLoading = true;
  import('../markdown/markdown').then(
    (program) => parser.set(program),
    // The next message tries again.
    () => {
      isLoading = false;
    },
  );
}

export interface MessageTextProps {
  sender: Sender;
  text: string;
  /** False while the text grows. */
  isComplete: boolean;
}

/** The text of a message: Markdown of the server; links and fenced code of the user. */
export function MessageText({ sender, text, isComplete }: MessageTextProps) {
  const program = useParser(sender, text);
  const previous = useRef<ParsedMessage | null>(null);
  const parsed = useMemo(() => {
    if (!program) return null;
    try {
      if (sender === 'user') return program.parseOwn(text);
      return program.parseReply(text, isComplete, previous.current);
    } catch {
      return null;
    }
  }, [program, sender, text, isComplete]);
  previous.current = parsed;
  if (!parsed) return <div class="bubble-text plain-text">{text}</div>;
  return (
    <div class="bubble-text markdown">
      {parsed.blocks.map((node) => (
        <Block node={node} />
      ))}
    </div>
  );
}

/** The blocks that are already there stay the same while a reply grows. */
const Block = memo(({ node }: { node: MarkdownNode }) => <>{shown(node)}</>);

/** Creates elements from an allowlist, and text. Nothing in a message is ever parsed as HTML. */
function shown(node: MarkdownNode): VNode | string {
  if (typeof node === 'string') return node;
  switch (node.kind) {
    case 'plain':
      return h(node.tag, { dir: DIRECTED.has(node.tag) ? 'auto' : undefined }, ...all(node.children));
    case 'orderedList':
      return (
        <ol start={node.start} dir="auto">
          {all(node.children)}
        </ol>
      );
    case 'task':
      return (
        <span
          class={`task ${node.isDone ? 'task-done' : ''}`}
          role="img"
          aria-label={node.isDone ? 'Done:' : 'To do:'}
        />
      );
    case 'link':
      return link(node);
    case 'code':
      return <CodeBlock node={node} />;
    case 'table':
      return <Table node={node} />;
  }
}

/** The elements whose text decides about its direction. */
const DIRECTED: ReadonlySet<string> = new Set(['p', 'h2', 'h3', 'h4', 'h5', 'h6', 'ul', 'li', 'blockquote']);

function all(nodes: MarkdownNodes): (VNode | string)[] {
  return nodes.map(shown);
}

function link({ href, target, isMisleading, children }: LinkNode): VNode {
  return (
    <>
      <a href={href} title={target} target="_blank" rel="noopener noreferrer nofollow">
        {all(children)}
      </a>
      {isMisleading && <span class="link-target"> ({target})</span>}
    </>
  );
}

function CodeBlock({ node: { language, text, pieces } }: { node: CodeNode }) {
  return (
    <figure class="code-block" dir="ltr">
      <figcaption class="code-head">
        <span>{language || 'Text'}</span>
        <CopyButton label="Copy code" caption="Copy" text={() => text} />
      </figcaption>
      <pre ref={makeFocusable}>
        <code>
          {pieces === null
            ? text
            : pieces.map((piece) =>
                piece.color === null ? piece.text : <span class={`code-${piece.color}`}>{piece.text}</span>,
              )}
        </code>
      </pre>
    </figure>
  );
}

/** Some browsers don't make scrolling elements focusable by keyboard. */
function makeFocusable(element: HTMLElement | null): void {
  if (element) element.tabIndex = 0;
}

function Table({ node: { alignments, header, parts } }: { node: TableNode }) {
  return (
    <figure class="table-box" aria-label="Table" ref={makeFocusable}>
      <table>
        <thead>
          <tr>
            {header.map((cell, column) => (
              <th dir="auto" class={alignmentClass(alignments[column])}>
                {all(cell)}
              </th>
            ))}
          </tr>
        </thead>
        {parts.map((rows) => (
          <Rows rows={rows} alignments={alignments} />
        ))}
      </table>
    </figure>
  );
}

const Rows = memo(({ rows, alignments }: { rows: TableRows; alignments: readonly TableAlignment[] }) => (
  <tbody>
    {rows.map((row) => (
      <tr>
        {row.map((cell, column) => (
          <td dir="auto" class={alignmentClass(alignments[column])}>
            {all(cell)}
          </td>
        ))}
      </tr>
    ))}
  </tbody>
));

function alignmentClass(alignment: TableAlignment | undefined): string | undefined {
  return alignment ? `align-${alignment}` : undefined;
}
