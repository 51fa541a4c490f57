import type { ComponentChildren } from 'preact';
import { FormDialog } from './FormDialog';

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
  return (
    <FormDialog title={title} action={action} tone="danger" fields={[]} send={onConfirm} onClose={onClose}>
      {() => <p>{children}</p>}
    </FormDialog>
  );
}
