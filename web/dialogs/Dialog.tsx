import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { FormProblem, SubmitButton, type SubmitButtonProps, useForm } from '../parts/forms';
import type { FormProblems } from '../text/errors';

export interface DialogProps {
  title: string;
  onClose(): void;
  children: ComponentChildren;
}

/** A modal dialog. The browser's `<dialog>` traps the focus, closes on Escape and returns the focus to where it was. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={ref}
      class="dialog"
      aria-labelledby={id}
      onClose={(event) => {
        // The event is asynchronous: a removed dialog fires it when another one may already be open.
        if (event.currentTarget.isConnected) onClose();
      }}
      onMouseDown={(event) => {
        // Ignores the second click of a double click on the button that opened the dialog.
        if (event.detail < 2 && isOutside(event.currentTarget, event)) event.currentTarget.close();
      }}
    >
      <div class="dialog-content">
        <h2 id={id}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}

/** Compares coordinates, because clicks on the backdrop and on the dialog's scrollbar both have the dialog as their target. */
function isOutside(dialog: HTMLElement, { target, clientX: x, clientY: y }: MouseEvent): boolean {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  return target === dialog && (x < left || x > right || y < top || y > bottom);
}

export interface FormDialogProps {
  title: string;
  /** The label of the submit button. */
  action: string;
  tone?: SubmitButtonProps['tone'];
  /** The names of the fields in their order. */
  fields: readonly string[];
  validate?: (values: Record<string, string>) => FormProblems['fields'];
  submit(values: Record<string, string>): Promise<void>;
  onClose(): void;
  children(problems: FormProblems['fields']): ComponentChildren;
}

/** A dialog with a form. It closes when the form is submitted successfully. */
export function FormDialog(props: FormDialogProps) {
  const { title, action, tone, fields, validate, submit, onClose, children } = props;
  const form = useRef<HTMLFormElement>(null);
  const submitAndClose = async (values: Record<string, string>) => {
    await submit(values);
    // If this dialog was closed meanwhile, another one may be open.
    if (form.current) onClose();
  };
  const { busy, problems, onSubmit } = useForm(fields, submitAndClose, validate);
  return (
    <Dialog title={title} onClose={onClose}>
      <form ref={form} class="form" noValidate onSubmit={onSubmit}>
        {children(problems.fields)}
        <FormProblem text={problems.form} />
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

export interface ConfirmDialogProps {
  title: string;
  /** The label of the button that confirms. */
  action: string;
  onConfirm(): Promise<void>;
  onClose(): void;
  /** The consequences. */
  children: ComponentChildren;
}

/** Asks for confirmation of something that can't be undone. */
export function ConfirmDialog({ title, action, onConfirm, onClose, children }: ConfirmDialogProps) {
  return (
    <FormDialog title={title} action={action} tone="danger" fields={[]} submit={onConfirm} onClose={onClose}>
      {() => <p>{children}</p>}
    </FormDialog>
  );
}
