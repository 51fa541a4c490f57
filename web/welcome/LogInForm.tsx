import { Field } from '../parts/Field';
import { SubmitButton } from '../parts/SubmitButton';
import { useClient } from '../state/client';
import { useSubmit } from '../state/useSubmit';
import { missing } from '../text/missing';

const FIELDS = ['email', 'password'];

export function LogInForm({ onDone }: { onDone(): void }) {
  const client = useClient();
  const { busy, problems, onSubmit } = useSubmit(
    FIELDS,
    async ({ email = '', password = '' }) => {
      await client.logIn({ email: email.trim(), password });
      onDone();
    },
    missing({ email: 'Enter the email of your account.', password: 'Enter your password.' }),
  );
  return (
    <form class="form" noValidate onSubmit={onSubmit}>
      <Field name="email" label="Email" type="email" autoComplete="email" problem={problems.fields.email} />
      <Field
        name="password"
        label="Password"
        type="password"
        autoComplete="current-password"
        problem={problems.fields.password}
      />
      <div role="alert">{problems.form && <p class="form-problem">{problems.form}</p>}</div>
      <SubmitButton busy={busy}>Log in</SubmitButton>
    </form>
  );
}
