import { type Html, html } from './html';

export type Language = 'json' | 'js' | 'shell';

/** What each kind of token looks like; the first that fits wins. */
const TOKENS: Record<Language, RegExp> = {
  json: /(?<key>"(?:[^"\\]|\\.)*"(?=\s*:))|(?<string>"(?:[^"\\]|\\.)*")|(?<number>-?\b\d+\b|\b(?:true|false|null)\b)/g,
  js: /(?<comment>\/\/.*)|(?<string>'(?:[^'\\]|\\.)*')|(?<key>\b(?:import|from|const|await|if)\b)|(?<number>\b\d+\b|\b(?:true|false|null)\b)/g,
  shell: /(?<comment>#.*)|(?<string>'[^']*'|"[^"]*")|(?<key>\bcurl\b)|(?<number>(?<=\s)-\w+)/g,
};

/** A block of code with a title, its tokens marked for the style sheet. */
export function codeBlock(title: string, language: Language, code: string): Html {
  return html`<figure class="code"><figcaption>${title}</figcaption>
<pre tabindex="0" aria-label="${title}"><code>${highlight(code, language)}</code></pre></figure>`;
}

/** A block with a value as JSON. */
export function jsonBlock(title: string, value: unknown): Html {
  return codeBlock(title, 'json', JSON.stringify(value, null, 2) ?? '');
}

function highlight(code: string, language: Language): Html[] {
  const parts: Html[] = [];
  let end = 0;
  for (const match of code.matchAll(TOKENS[language])) {
    const [kind] = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined) ?? [];
    parts.push(html`${code.slice(end, match.index)}<span class="${kind ?? ''}">${match[0]}</span>`);
    end = match.index + match[0].length;
  }
  return [...parts, html`${code.slice(end)}`];
}
