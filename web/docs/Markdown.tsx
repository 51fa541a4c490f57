import { ERROR_CATALOGUE } from '../../src/domain/errors';

/** Renders the Markdown that descriptions use: paragraphs and `code`. */
export function Paragraphs({ text }: { text: string }) {
  return (
    <>
      {text.split(/\n{2,}/).map((paragraph) => (
        <p key={paragraph}>
          <Inline text={paragraph} />
        </p>
      ))}
    </>
  );
}

/** The same within a line. Error codes and documents are linked. */
export function Inline({ text }: { text: string }) {
  return <>{text.split('`').map((part, index) => (index % 2 === 1 ? <Code text={part} /> : part))}</>;
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
