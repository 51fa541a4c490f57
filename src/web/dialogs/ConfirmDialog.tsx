import type { ComponentChildren } from 'preact';
import { Dialog } from '../parts/Dialog';
import { SubmitButton } from '../parts/SubmitButton';
import { useSubmit } from '../state/useSubmit';

export interface ConfirmDialogProps {
  title: string;
  /** What is lost. */
  children: ComponentChildren;
  /** The word on the button that does it. */
  action: string;
  onConfirm(): Promise<void>;
  onClose(): void;
}

/** Asks before something is done that can't be taken back. */
export function ConfirmDialog({ title, children, action, onConfirm, onClose }: ConfirmDialogProps) {
  const { busy, problems, onSubmit } = useSubmit([], async () => {
    await onConfirm();
    onClose();
  });
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="form" onSubmit={onSubmit}>
        <p>{children}</p>
        <div role="alert">{problems.form && <p class="form-problem">{problems.form}</p>}</div>
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <SubmitButton busy={busy} tone="danger">
            {action}
          </SubmitButton>
        </div>
      </form>
    </Dialog>
  );
}
