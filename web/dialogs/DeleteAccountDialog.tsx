import { Field } from '../parts/Field';
import { useClient } from '../state/client';
import { notify } from '../state/notices';
import { missing } from '../text/missing';
import { FormDialog } from './FormDialog';

export function DeleteAccountDialog({ onClose }: { onClose(): void }) {
  const client = useClient();
  return (
    <FormDialog
      title="Delete your account?"
      action="Delete account"
      tone="danger"
      fields={['currentPassword']}
      check={missing({ currentPassword: 'Enter your password: it shows that it is you.' })}
      send={async ({ currentPassword = '' }) => {
        await client.account.delete(currentPassword);
        notify('Your account is deleted.');
      }}
      onClose={onClose}
    >
      {(problems) => (
        <>
          <p>
            Your account, your chats and all their messages will be gone, on every device. This can’t be
            undone.
          </p>
          <Field
            name="currentPassword"
            label="Password"
            type="password"
            autoComplete="current-password"
            problem={problems.currentPassword}
          />
        </>
      )}
    </FormDialog>
  );
}
