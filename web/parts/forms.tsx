import type { ComponentChildren, TargetedFocusEvent } from 'preact';
import { useId, useState } from 'preact/hooks';
import type { User } from '../../src/domain/user';
import { type FormProblems, formProblems } from '../text/errors';
import { Icon } from './graphics';

type FormValues = Record<string, string>;

/**
 * The state of a form: `busy` while it is being submitted, and its problems afterwards. `validate` may find problems before
 * anything is sent. The first invalid field gets the focus.
 */
export function useForm(
  fields: readonly string[],
  submit: (values: FormValues) => Promise<void>,
  validate: (values: FormValues) => FormProblems['fields'] = () => ({}),
) {
  const [busy, setBusy] = useState(false);
  const [problems, setProblems] = useState<FormProblems>({ fields: {}, form: null });

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
    const data = new FormData(form);
    const values = Object.fromEntries(fields.map((field) => [field, String(data.get(field) ?? '')]));
    const invalid = validate(values);
    show(form, { fields: invalid, form: null });
    if (Object.keys(invalid).length > 0) return;
    setBusy(true);
    try {
      await submit(values);
    } catch (error) {
      show(form, formProblems(error, fields));
    } finally {
      setBusy(false);
    }
  };

  return { busy, problems, onSubmit };
}

/** A validation that reports each empty field with its text. */
export function required(texts: Readonly<Record<string, string>>) {
  return (values: FormValues): FormProblems['fields'] =>
    Object.fromEntries(Object.entries(texts).filter(([field]) => !values[field]?.trim()));
}

export interface FieldProps {
  name: string;
  label: string;
  type?: 'text' | 'email' | 'password';
  /** The keyboard of a phone. Default: that of the type. */
  inputMode?: 'text' | 'email';
  /** A token of HTML's `autocomplete`. */
  autoComplete: string;
  /** The initial value. It is selected on focus, because it is there to be replaced. */
  initial?: string | undefined;
  /** Shown while there is no problem. */
  hint?: string | undefined;
  problem?: string | undefined;
}

/** An input with its label. The hint or problem below it is part of its accessible description. */
export function Field({
  name,
  label,
  type = 'text',
  inputMode = type === 'email' ? 'email' : 'text',
  autoComplete,
  initial,
  hint,
  problem,
}: FieldProps) {
  const id = useId();
  const [isRevealed, setRevealed] = useState(false);
  const isPassword = type === 'password';
  const description = problem || hint;
  const descriptionId = description && `${id}-description`;
  const input = {
    id,
    name,
    autoComplete,
    autoCapitalize: 'none',
    spellcheck: false,
    inputMode,
    dir: 'auto',
    defaultValue: initial,
    onFocus: (event: TargetedFocusEvent<HTMLInputElement>) => {
      if (initial !== undefined) event.currentTarget.select();
    },
    'aria-invalid': problem ? 'true' : 'false',
    'aria-describedby': descriptionId,
  } as const;
  return (
    <div class={`field ${problem ? 'field-wrong' : ''}`}>
      <label for={id}>{label}</label>
      <div class="field-box">
        {isPassword && !isRevealed ? <input {...input} type="password" /> : <input {...input} type="text" />}
        {isPassword && (
          <button
            type="button"
            class="icon-button"
            aria-label="Show password"
            aria-pressed={isRevealed}
            onClick={() => setRevealed(!isRevealed)}
          >
            <Icon name="eye" />
          </button>
        )}
      </div>
      {description && (
        <p class={problem ? 'field-problem' : 'field-hint'} id={descriptionId}>
          {description}
        </p>
      )}
    </div>
  );
}

export interface PasswordFieldProps {
  name: string;
  label: string;
  /** True if a new password is chosen in it. */
  isNew?: boolean;
  problem?: string | undefined;
}

export function PasswordField({ isNew = false, ...field }: PasswordFieldProps) {
  return (
    <Field
      {...field}
      type="password"
      autoComplete={isNew ? 'new-password' : 'current-password'}
      hint={isNew ? 'At least 8 characters' : undefined}
    />
  );
}

/** Tells password managers, in a form without a name, to whom its passwords belong. */
export function HiddenUsername({ user }: { user: User }) {
  return <input type="text" autoComplete="username" value={user.username} readOnly hidden />;
}

export interface UserFieldsProps {
  /** The current values. */
  initial?: Pick<User, 'username' | 'email'>;
  problems: FormProblems['fields'];
}

/** The username and the email of an account. */
export function UserFields({ initial, problems }: UserFieldsProps) {
  return (
    <>
      <Field
        name="username"
        label="Username"
        autoComplete="username"
        initial={initial?.username}
        hint="3 to 32 letters, digits, “_”, “.” or “-”"
        problem={problems.username}
      />
      <Field
        name="email"
        label="Email"
        type="email"
        autoComplete="email"
        initial={initial?.email ?? undefined}
        hint="You can log in with it. No mail is sent to it."
        problem={problems.email}
      />
    </>
  );
}

/** A problem that concerns no single field. Always rendered, so that screen readers announce a text that appears in it. */
export function FormProblem({ text }: { text: string | null }) {
  return <div role="alert">{text && <p class="form-problem">{text}</p>}</div>;
}

export interface SubmitButtonProps {
  busy: boolean;
  tone?: 'accent' | 'danger' | 'plain' | undefined;
  children: ComponentChildren;
}

/** While busy, it keeps its place and the focus: a disabled button would lose it. */
export function SubmitButton({ busy, tone = 'accent', children }: SubmitButtonProps) {
  return (
    <button type="submit" class={`button button-${tone}`} aria-disabled={busy}>
      {busy && <span class="spinner" aria-hidden="true" />}
      {children}
    </button>
  );
}
