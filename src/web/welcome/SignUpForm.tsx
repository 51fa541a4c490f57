import { Field } from '../parts/Field';
import { SubmitButton } from '../parts/SubmitButton';
import { useClient } from '../state/client';
import { useSubmit } from '../state/useSubmit';
import { missing } from './missing';

const FIELDS = ['username', 'email', 'password'];

export function SignUpForm({ onDone }: { onDone(): void }) {
  const client = useClient();
  const { busy, problems, onSubmit } = useSubmit(
    FIELDS,
    async ({ username = '', email = '', password = '' }) => {
      await client.signUp({ username: username.trim(), email: email.trim(), password });
      onDone();
    },
    missing({
      username: 'Choose a username.',
      email: 'Enter your email.',
      password: 'Choose a password.',
    }),
  );
  return (
    <form class="form" noValidate onSubmit={onSubmit}>
      <Field
        name="username"
        label="Username"
        autoComplete="username"
        hint="3 to 32 letters, digits, “_”, “.” or “-”"
        problem={problems.fields.username}
      />
      <Field
        name="email"
        label="Email"
        type="email"
        autoComplete="email"
        hint="You log in with it. No mail is sent to it."
        problem={problems.fields.email}
      />
      <Field
        name="password"
        label="Password"
        type="password"
        autoComplete="new-password"
        hint="At least 8 characters"
        problem={problems.fields.password}
      />
      <div role="alert">{problems.form && <p class="form-problem">{problems.form}</p>}</div>
      <SubmitButton busy={busy}>Create account</SubmitButton>
    </form>
  );
}
