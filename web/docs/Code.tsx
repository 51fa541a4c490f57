import type { ComponentChild } from 'preact';

export type Language = 'json' | 'js' | 'shell';

/** The tokens of each language, by the class that the style sheet colors. The first match wins. */
const TOKENS: Record<Language, RegExp> = {
  json: /(?<key>"(?:[^"\\]|\\.)*"(?=\s*:))|(?<string>"(?:[^"\\]|\\.)*")|(?<number>-?\b\d+\b|\b(?:true|false|null)\b)/g,
  js: /(?<comment>\/\/.*)|(?<string>'(?:[^'\\]|\\.)*')|(?<key>\b(?:import|from|const|await|if)\b)|(?<number>\b\d+\b|\b(?:true|false|null)\b)/g,
  shell: /(?<comment>#.*)|(?<string>'[^']*'|"[^"]*")|(?<key>\bcurl\b)|(?<number>(?<=\s)-\w+)/g,
};

interface CodeBlockProps {
  title: string;
  language: Language;
  code: string;
}

/** A titled block of code with highlighted tokens. */
export function CodeBlock({ title, language, code }: CodeBlockProps) {
  return (
    <figure class="code">
      <figcaption>{title}</figcaption>
      <pre {...scrollable(title)}>
        <code>{highlight(code, language)}</code>
      </pre>
    </figure>
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
