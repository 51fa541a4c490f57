import type { LinkNode, MarkdownNode, MarkdownNodes } from './nodes';

const PROTOCOLS: readonly string[] = ['http:', 'https:', 'mailto:'];
/** Characters that show nothing, or that change the direction of others. */
const INVISIBLE = /[\p{Cf}\p{Cc}\p{Default_Ignorable_Code_Point}]/gu;
/** A text that looks like an address, with its host. Any letters and dots: also those that only look like a known host. */
const LOOKS_LIKE_ADDRESS = /^(?:https?:\/\/)?((?:[\p{L}\p{N}-]+\.)+[\p{L}\p{N}-]{2,})(?=[/:?#]|$)/iu;
/** A web address in a text, without the punctuation that ends a sentence. */
const WEB_ADDRESS = /\bhttps?:\/\/[^\s<>"[\]]*[^\s<>"[\]'.,;:!?)}]/g;

/** A link to an address, or null if the address is not one that a message may link to. */
export function linkTo(href: string, children: MarkdownNodes): LinkNode | null {
  const url = parse(href);
  // A user name in front of the host passes it off as another one: https://bank.example@evil.example
  if (!url || !PROTOCOLS.includes(url.protocol) || url.username || url.password) return null;
  const target = url.protocol === 'mailto:' ? url.pathname : url.host;
  return { kind: 'link', href: url.href, target, isMisleading: misleads(url, children), children };
}

/** The text of a message with its web addresses as links. Everything else stays as it is. */
export function withLinks(text: string): MarkdownNodes {
  const nodes: MarkdownNode[] = [];
  let end = 0;
  for (const { 0: address, index } of text.matchAll(WEB_ADDRESS)) {
    nodes.push(text.slice(end, index), linkTo(address, [address]) ?? address);
    end = index + address.length;
  }
  nodes.push(text.slice(end));
  return nodes.filter((node) => node !== '');
}

/** The visible characters of inline nodes. */
export function plainText(nodes: MarkdownNodes): string {
  return nodes
    .map((node) => {
      if (typeof node === 'string') return node;
      return 'children' in node ? plainText(node.children) : '';
    })
    .join('');
}

function misleads(url: URL, children: MarkdownNodes): boolean {
  const shown = plainText(children).replace(INVISIBLE, '').trim();
  const named = LOOKS_LIKE_ADDRESS.exec(shown)?.[1];
  if (named === undefined) return false;
  if (url.protocol === 'mailto:') return true;
  const host = parse(`https://${named}`)?.hostname;
  return withoutWww(host ?? named) !== withoutWww(url.hostname);
}

function withoutWww(host: string): string {
  return host.replace(/^www\./, '');
}

function parse(address: string): URL | null {
  return URL.canParse(address) ? new URL(address) : null;
}
