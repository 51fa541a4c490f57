import type { ComponentChild } from 'preact';

export type Language = 'json' | 'js' | 'shell' | 'python';

/** A titled piece of code. */
export interface Snippet {
  title: string;
  language: Language;
  code: string;
}

/** The tokens of each language, by the class that the style sheet colors. The first match wins. */
const TOKENS: Record<Language, RegExp> = {
  json: /(?<key>"(?:[^"\\]|\\.)*"(?=\s*:))|(?<string>"(?:[^"\\]|\\.)*")|(?<number>-?\b\d+\b|\b(?:true|false|null)\b)/g,
  js: /(?<comment>\/\/.*)|(?<string>'(?:[^'\\]|\\.)*'|`[^`]*`)|(?<key>\b(?:import|from|const|let|function|async|await|if|else|for|of|while|return|throw|new)\b)|(?<number>\b\d+\b|\b(?:true|false|null)\b)/g,
  python:
    /(?<comment>#.*)|(?<string>"(?:[^"\\]|\\.)*")|(?<key>\b(?:import|from|with|as)\b)|(?<number>\b\d+\b|\b(?:True|False|None)\b)/g,
  shell: /(?<comment>#.*)|(?<string>'[^']*'|"[^"]*")|(?<key>\bcurl\b)|(?<number>(?<=\s)-\w+)/g,
};

/** A block of code with highlighted tokens. */
export function CodeBlock({ title, language, code, hasCaption = true }: Snippet & { hasCaption?: boolean }) {
  return (
    <figure class="code">
      {hasCaption && <figcaption>{title}</figcaption>}
      <pre {...scrollable(title)}>
        <code>{highlight(code, language)}</code>
      </pre>
    </figure>
  );
}

/** The same in several languages. A script makes them tabs. Without it, the first one is open and the others can be opened. */
export function CodeTabs({ snippets }: { snippets: readonly Snippet[] }) {
  return (
    <div class="tabs">
      {snippets.map((snippet, index) => (
        <details key={snippet.title} open={index === 0}>
          <summary>{snippet.title}</summary>
          <CodeBlock {...snippet} hasCaption={false} />
        </details>
      ))}
    </div>
  );
}

/** Attributes of an element that scrolls. Without a tab stop, some browsers can't scroll it with the keyboard. */
export function scrollable(label: string) {
  return { tabIndex: 0, role: 'group', 'aria-label': label } as const;
}

export function JsonBlock({ title, value }: { title: string; value: unknown }) {
  return <CodeBlock title={title} language="json" code={JSON.stringify(value, null, 2) ?? ''} />;
}

function highlight(code: string, language: Language): ComponentChild[] {
  const parts: ComponentChild[] = [];
  let end = 0;
  for (const match of code.matchAll(TOKENS[language])) {
    const [kind] = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined) ?? [];
    parts.push(code.slice(end, match.index), <span class={kind}>{match[0]}</span>);
    end = match.index + match[0].length;
  }
  return [...parts, code.slice(end)];
}
