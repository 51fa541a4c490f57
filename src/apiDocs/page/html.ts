/** Markup that is safe to send as it is. */
export class Html {
  constructor(readonly text: string) {}
}

type Value = Html | string | number | null | readonly Value[];

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Markup with values in it: text is escaped, markup and lists of it are taken over, null is nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  const [start = '', ...rest] = strings;
  return new Html(
    rest.reduce((markup, text, index) => markup + markupOf(values[index] ?? null) + text, start),
  );
}

function markupOf(value: Value): string {
  if (value === null) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(markupOf).join('');
  return escapeText(String(value));
}

function escapeText(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}
