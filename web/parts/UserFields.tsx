import type { User } from '../../src/domain/user';
import type { FormProblems } from '../text/errorText';
import { Field } from './Field';

export interface UserFieldsProps {
  /** What they are at the moment. */
  initial?: Pick<User, 'username' | 'email'>;
  problems: FormProblems['fields'];
}

/** What somebody is called and what they log in with. */
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
        initial={initial?.email}
        hint="You log in with it. No mail is sent to it."
        problem={problems.email}
      />
    </>
  );
}
