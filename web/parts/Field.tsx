import type { TargetedFocusEvent } from 'preact';
import { useId, useState } from 'preact/hooks';
import { Icon } from './Icon';

export interface FieldProps {
  name: string;
  label: string;
  type?: 'text' | 'email' | 'password';
  /** What a browser may fill in: a token of HTML's `autocomplete`. */
  autoComplete: string;
  /** What stands in it at first. It is selected when it gets the focus, as it is there to be replaced. */
  initial?: string | undefined;
  /** What is expected, before anything is wrong. */
  hint?: string | undefined;
  /** What is wrong. */
  problem?: string | undefined;
}

/** A labelled input; what is wrong with it stands below it, and is read out with it. */
export function Field({ name, label, type = 'text', autoComplete, initial, hint, problem }: FieldProps) {
  const id = useId();
  const [isShown, setShown] = useState(false);
  const isSecret = type === 'password';
  const described = [problem && `${id}-problem`, hint && !problem && `${id}-hint`].filter(Boolean).join(' ');
  const input = {
    id,
    name,
    autoComplete,
    autoCapitalize: 'none',
    spellcheck: false,
    inputMode: type === 'email' ? 'email' : 'text',
    dir: 'auto',
    defaultValue: initial,
    onFocus: (event: TargetedFocusEvent<HTMLInputElement>) => {
      if (initial !== undefined) event.currentTarget.select();
    },
    'aria-invalid': problem ? 'true' : 'false',
    'aria-describedby': described || undefined,
  } as const;
  return (
    <div class={`field ${problem ? 'field-wrong' : ''}`}>
      <label for={id}>{label}</label>
      <div class="field-box">
        {isSecret && !isShown ? <input {...input} type="password" /> : <input {...input} type="text" />}
        {isSecret && (
          <button
            type="button"
            class="icon-button"
            aria-label="Show password"
            aria-pressed={isShown}
            onClick={() => setShown(!isShown)}
          >
            <Icon name="eye" />
          </button>
        )}
      </div>
      {problem && (
        <p class="field-problem" id={`${id}-problem`}>
          {problem}
        </p>
      )}
      {hint && !problem && (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
