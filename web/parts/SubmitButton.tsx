import type { ComponentChildren } from 'preact';

export interface SubmitButtonProps {
  busy: boolean;
  tone?: 'accent' | 'danger';
  children: ComponentChildren;
}

/** The button of a form. While it works it stays in place and in focus, and does nothing more. */
export function SubmitButton({ busy, tone = 'accent', children }: SubmitButtonProps) {
  return (
    <button type="submit" class={`button button-${tone}`} aria-disabled={busy}>
      {busy && <span class="spinner" aria-hidden="true" />}
      {children}
    </button>
  );
}
