import { useEffect, useState } from 'preact/hooks';
import { notify } from '../state/notices';
import { Icon } from './graphics';

/** How long the button shows that the text was copied. */
const SHOWN_MS = 2_000;

export interface CopyButtonProps {
  /** The name of the button, which begins with "Copy". */
  label: string;
  /** Shown beside the icon; null for an icon alone. */
  caption: string | null;
  /** Returns the text to copy. */
  text(): string;
}

export function CopyButton({ label, caption, text }: CopyButtonProps) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async () => {
    const hasCopied = await copyText(text());
    setCopied(hasCopied);
    notify(
      hasCopied
        ? 'Copied.'
        : 'The text was not copied: the browser doesn’t allow it. Select and copy it yourself.',
    );
  };
  return (
    <button type="button" class="small-button" aria-label={label} title={label} onClick={() => void copy()}>
      <Icon name={isCopied ? 'check' : 'copy'} />
      {caption}
    </button>
  );
}

/** Returns whether it was copied. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelection(text);
  }
}

/** For pages without HTTPS, which have no clipboard. */
function copySelection(text: string): boolean {
  const focused = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'visually-hidden';
  document.body.append(field);
  field.select();
  const hasCopied = document.execCommand('copy');
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return hasCopied;
}
