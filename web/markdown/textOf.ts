import type { MarkdownNode, MarkdownNodes } from './nodes';

/** A message without its Markdown, as it is copied as text. */
export function textOf(blocks: MarkdownNodes): string {
  return blocks.map((block) => blockText(block)).join('\n\n');
}

function blockText(node: MarkdownNode): string {
  if (typeof node === 'string') return node;
  switch (node.kind) {
    case 'orderedList':
      return listText(node.children, (index) => `${node.start + index}. `);
    case 'code':
      return node.text;
    case 'table':
      return [node.header, ...node.parts.flat()].map((row) => row.map(inlineText).join('\t')).join('\n');
    case 'plain':
      if (node.tag === 'ul') return listText(node.children, () => '- ');
      if (node.tag === 'blockquote') return indented(textOf(node.children), '> ', '> ');
      if (node.tag === 'hr') return '———';
      return inlineText(node.children);
    default:
      return inlineText([node]);
  }
}

function listText(items: MarkdownNodes, marker: (index: number) => string): string {
  return items
    .map((item, index) => {
      const mark = marker(index);
      const children = typeof item === 'object' && 'children' in item ? item.children : [item];
      return indented(itemText(children), mark, ' '.repeat(mark.length));
    })
    .join('\n');
}

/** Inline nodes and blocks alternate in the item of a list. Each block begins on a line of its own. */
function itemText(nodes: MarkdownNodes): string {
  let text = '';
  for (const node of nodes) {
    const isNewLine = isBlock(node) && text !== '' && !text.endsWith(' ');
    text += (isNewLine ? '\n' : '') + blockText(node);
  }
  return text;
}

const BLOCK_TAGS: readonly string[] = ['p', 'ul', 'blockquote', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr'];

function isBlock(node: MarkdownNode): boolean {
  if (typeof node === 'string') return false;
  return node.kind === 'plain'
    ? BLOCK_TAGS.includes(node.tag)
    : ['orderedList', 'code', 'table'].includes(node.kind);
}

function inlineText(nodes: MarkdownNodes): string {
  return nodes.map(spanText).join('');
}

function spanText(node: MarkdownNode): string {
  if (typeof node === 'string') return node;
  switch (node.kind) {
    case 'task':
      return node.isDone ? '[x] ' : '[ ] ';
    case 'link': {
      const text = inlineText(node.children);
      const isNamed = node.href.replace(/^mailto:/, '').includes(text.replace(/\/$/, ''));
      return isNamed ? text : `${text} (${node.href})`;
    }
    case 'plain':
      return node.tag === 'br' ? '\n' : inlineText(node.children);
    default:
      return blockText(node);
  }
}

function indented(text: string, first: string, others: string): string {
  return first + text.replaceAll('\n', `\n${others}`);
}
