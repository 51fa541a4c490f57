import { Field } from '../parts/Field';
import { useClient } from '../state/client';
import { notify } from '../state/notices';
import { missing } from '../text/missing';
import { FormDialog } from './FormDialog';

export function PasswordDialog({ onClose }: { onClose(): void }) {
  const client = useClient();
  return (
    <FormDialog
      title="Change password"
      action="Change password"
      fields={['currentPassword', 'newPassword']}
      check={missing({
        currentPassword: 'Enter the password that you have now.',
        newPassword: 'Choose a new password.',
      })}
      send={async ({ currentPassword = '', newPassword = '' }) => {
        await client.account.changePassword(currentPassword, newPassword);
        notify('Your password is changed.');
      }}
      onClose={onClose}
    >
      {(problems) => (
        <>
          <p>Your other devices are logged out, this one stays.</p>
          <Field
            name="currentPassword"
            label="Current password"
            type="password"
            autoComplete="current-password"
            problem={problems.currentPassword}
          />
          <Field
            name="newPassword"
            label="New password"
            type="password"
            autoComplete="new-password"
            hint="At least 8 characters"
            problem={problems.newPassword}
          />
        </>
      )}
    </FormDialog>
  );
}
