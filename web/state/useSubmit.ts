import { useState } from 'preact/hooks';
import { type FormProblems, formProblems, NO_PROBLEMS } from '../text/errorText';

/**
 * How a form is submitted: `busy` while it is under way, and what is wrong afterwards. `check` may find problems before anything
 * is sent. The first wrong field gets the focus.
 */
export function useSubmit(
  fields: readonly string[],
  send: (values: Record<string, string>) => Promise<void>,
  check: (values: Record<string, string>) => FormProblems = () => NO_PROBLEMS,
) {
  const [busy, setBusy] = useState(false);
  const [problems, setProblems] = useState(NO_PROBLEMS);

  const show = (form: HTMLFormElement, found: FormProblems) => {
    setProblems(found);
    const first = fields.find((field) => found.fields[field] !== undefined);
    const input = first === undefined ? null : form.elements.namedItem(first);
    if (input instanceof HTMLElement) input.focus();
  };

  const onSubmit = async (event: SubmitEvent & { currentTarget: HTMLFormElement }) => {
    event.preventDefault();
    if (busy) return;
    const form = event.currentTarget;
    const values = valuesOf(form, fields);
    const found = check(values);
    show(form, found);
    if (found.form !== null || Object.keys(found.fields).length > 0) return;
    setBusy(true);
    try {
      await send(values);
    } catch (error) {
      show(form, formProblems(error, fields));
    } finally {
      setBusy(false);
    }
  };

  return { busy, problems, onSubmit };
}

function valuesOf(form: HTMLFormElement, fields: readonly string[]): Record<string, string> {
  const data = new FormData(form);
  return Object.fromEntries(fields.map((field) => [field, String(data.get(field) ?? '')]));
}
