import { useRef, useState } from 'preact/hooks';
import {
  Field,
  FormProblem,
  PasswordField,
  required,
  SubmitButton,
  UserFields,
  useForm,
} from './parts/forms';
import { useClient } from './state/hooks';
import { goTo, NEW_CHAT } from './state/route';
import { ARE_GUESTS_ALLOWED, IS_SIGN_UP_OPEN } from './text/settings';

const SIGN_UP = { id: 'sign-up', label: 'Sign up' } as const;
const LOG_IN = { id: 'log-in', label: 'Log in' } as const;
const TABS = IS_SIGN_UP_OPEN ? [SIGN_UP, LOG_IN] : [LOG_IN];

/** The `localStorage` key that is set after the first sign-up or login in this browser. */
const RETURNING_KEY = 'smart-chat-page:known';

/** The forms to sign up and log in. A returning visitor sees the login first. */
export function AuthCard() {
  const [selected, setSelected] = useState<(typeof TABS)[number]['id']>(
    isReturning() || !IS_SIGN_UP_OPEN ? 'log-in' : 'sign-up',
  );
  const tabs = useRef<HTMLDivElement>(null);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    const other = TABS.find(({ id }) => id !== selected);
    if (!other) return;
    setSelected(other.id);
    tabs.current?.querySelector<HTMLElement>(`#${other.id}-tab`)?.focus();
  };

  return (
    <section class="card" aria-label="Your account">
      <div class="tabs" role="tablist" aria-label="Sign up or log in" ref={tabs} onKeyDown={onKeyDown}>
        {TABS.map(({ id, label }) => (
          <button
            key={id}
            type="button"
            role="tab"
            id={`${id}-tab`}
            aria-selected={id === selected}
            aria-controls="auth-panel"
            tabIndex={id === selected ? 0 : -1}
            onClick={() => setSelected(id)}
          >
            {label}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="auth-panel" aria-labelledby={`${selected}-tab`}>
        {selected === 'sign-up' ? <SignUpForm /> : <LogInForm />}
      </div>
      {ARE_GUESTS_ALLOWED && <GuestForm />}
    </section>
  );
}

function SignUpForm() {
  const client = useClient();
  const { busy, problems, onSubmit } = useForm(
    ['username', 'email', 'password'],
    async ({ username = '', email = '', password = '' }) => {
      await client.signUp({ username: username.trim(), email: email.trim(), password });
      markReturning();
      goTo(NEW_CHAT);
    },
    required({ username: 'Choose a username.', email: 'Enter your email.', password: 'Choose a password.' }),
  );
  return (
    <form class="form" noValidate onSubmit={onSubmit}>
      <UserFields problems={problems.fields} />
      <PasswordField name="password" label="Password" isNew problem={problems.fields.password} />
      <FormProblem text={problems.form} />
      <SubmitButton busy={busy}>Create account</SubmitButton>
    </form>
  );
}

/** Starts without an account. The account menu has the way to sign up later. */
function GuestForm() {
  const client = useClient();
  const { busy, problems, onSubmit } = useForm([], async () => {
    await client.guest();
    goTo(NEW_CHAT);
  });
  return (
    <form class="form guest-form" noValidate onSubmit={onSubmit}>
      <FormProblem text={problems.form} />
      <SubmitButton busy={busy} tone="plain">
        Continue as a guest
      </SubmitButton>
    </form>
  );
}

function LogInForm() {
  const client = useClient();
  const { busy, problems, onSubmit } = useForm(
    ['username', 'password'],
    async ({ username = '', password = '' }) => {
      const name = username.trim();
      // A username contains no "@".
      await client.logIn(name.includes('@') ? { email: name, password } : { username: name, password });
      markReturning();
    },
    required({ username: 'Enter your email or username.', password: 'Enter your password.' }),
  );
  return (
    <form class="form" noValidate onSubmit={onSubmit}>
      <Field
        name="username"
        label="Email or username"
        inputMode="email"
        autoComplete="username"
        problem={problems.fields.username}
      />
      <PasswordField name="password" label="Password" problem={problems.fields.password} />
      <FormProblem text={problems.form} />
      <SubmitButton busy={busy}>Log in</SubmitButton>
    </form>
  );
}

function isReturning(): boolean {
  try {
    return localStorage.getItem(RETURNING_KEY) !== null;
  } catch {
    return false;
  }
}

function markReturning(): void {
  try {
    localStorage.setItem(RETURNING_KEY, 'yes');
  } catch {
    // Without storage, the browser shows the sign-up form first on every visit.
  }
}
