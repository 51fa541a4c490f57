import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { Dialog } from '../parts/Dialog';
import { SubmitButton, type SubmitButtonProps } from '../parts/SubmitButton';
import { useSubmit } from '../state/useSubmit';
import type { FormProblems } from '../text/errorText';

export interface FormDialogProps {
  title: string;
  /** The word on the button that does it. */
  action: string;
  tone?: SubmitButtonProps['tone'];
  /** The names of the fields, in their order. */
  fields: readonly string[];
  check?: (values: Record<string, string>) => FormProblems;
  send(values: Record<string, string>): Promise<void>;
  onClose(): void;
  /** What stands in it, with what is wrong with each field. */
  children(problems: FormProblems['fields']): ComponentChildren;
}

/** A form in a dialog, which closes once what it asks for is done. */
export function FormDialog(props: FormDialogProps) {
  const { title, action, tone = 'accent', fields, check, send, onClose, children } = props;
  const form = useRef<HTMLFormElement>(null);
  const sendAndClose = async (values: Record<string, string>) => {
    await send(values);
    // Closed meanwhile, it must not close what has been opened since.
    if (form.current) onClose();
  };
  const { busy, problems, onSubmit } = useSubmit(fields, sendAndClose, check);
  return (
    <Dialog title={title} onClose={onClose}>
      <form ref={form} class="form" noValidate onSubmit={onSubmit}>
        {children(problems.fields)}
        <div role="alert">{problems.form && <p class="form-problem">{problems.form}</p>}</div>
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <SubmitButton busy={busy} tone={tone}>
            {action}
          </SubmitButton>
        </div>
      </form>
    </Dialog>
  );
}
