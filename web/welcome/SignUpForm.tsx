import { Field } from '../parts/Field';
import { SubmitButton } from '../parts/SubmitButton';
import { UserFields } from '../parts/UserFields';
import { useClient } from '../state/client';
import { useSubmit } from '../state/useSubmit';
import { missing } from '../text/missing';

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
      <UserFields problems={problems.fields} />
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
