import { ERROR_CATALOGUE } from '../../domain/errors';
import { type Html, html } from './html';

/** The Markdown that descriptions are written in: paragraphs, and `code`. */
export function paragraphs(markdown: string): Html[] {
  return markdown.split(/\n{2,}/).map((paragraph) => html`<p>${inline(paragraph)}</p>`);
}

/** The same for a text within a line. What the page or the server has under this name is linked. */
export function inline(markdown: string): Html[] {
  return markdown.split('`').map((part, index) => (index % 2 === 1 ? code(part) : html`${part}`));
}

function code(text: string): Html {
  if (text in ERROR_CATALOGUE) return html`<a href="#${anchorOfError(text)}"><code>${text}</code></a>`;
  if (/^\/api\/\w+\.json$/.test(text)) return html`<a href="${text}"><code>${text}</code></a>`;
  return html`<code>${text}</code>`;
}

/** Where the page explains a code. */
export function anchorOfError(errorCode: string): string {
  return `error-${errorCode}`;
}
