import { ERROR_CATALOGUE } from '../../src/domain/errors';

/** Renders the Markdown that descriptions use: paragraphs, lists, `code` and [links](#start). */
export function Paragraphs({ text }: { text: string }) {
  return (
    <>
      {text.split(/\n{2,}/).map((block) =>
        block.startsWith('- ') ? (
          <ul key={block}>
            {block.split(/^- /m).flatMap((item) =>
              item === ''
                ? []
                : [
                    <li key={item}>
                      <Inline text={item} />
                    </li>,
                  ],
            )}
          </ul>
        ) : (
          <p key={block}>
            <Inline text={block} />
          </p>
        ),
      )}
    </>
  );
}

/** The same within a line. Error codes and documents are linked. */
export function Inline({ text }: { text: string }) {
  return <>{text.split(/(`[^`]*`|\[[^\]]+\]\(#[\w-]+\))/).map(inlinePart)}</>;
}

function inlinePart(part: string) {
  const {
    code,
    label = '',
    target,
  } = /^`(?<code>.*)`$|^\[(?<label>.+)\]\((?<target>#.+)\)$/s.exec(part)?.groups ?? {};
  if (code !== undefined) return <Code text={code} />;
  if (target === undefined) return part;
  return (
    <a href={target}>
      <Inline text={label} />
    </a>
  );
}

function Code({ text }: { text: string }) {
  const code = <code>{text}</code>;
  if (text in ERROR_CATALOGUE) return <a href={`#${anchorOfError(text)}`}>{code}</a>;
  if (/^\/api\/\w+\.json$/.test(text)) return <a href={text}>{code}</a>;
  return code;
}

/** The id of the page's entry for an error code. */
export function anchorOfError(errorCode: string): string {
  return `error-${errorCode}`;
}
