import type { User } from '../../src/domain/user';
import { HiddenUsername, PasswordField, required, UserFields } from '../parts/forms';
import { useClient, useOutbox } from '../state/hooks';
import { notify } from '../state/notices';
import { ConfirmDialog, FormDialog } from './Dialog';

/** Changes the username and the email. */
export function ProfileDialog({ user, onClose }: { user: User; onClose(): void }) {
  const client = useClient();
  return (
    <FormDialog
      title="Name and email"
      action="Save"
      fields={['username', 'email']}
      submit={async ({ username = '', email = '' }) => {
        // Sends only what was changed here, since the other value may have been changed on another device.
        const changes = {
          ...(username.trim() !== user.username && { username: username.trim() }),
          ...(email.trim() !== user.email && { email: email.trim() }),
        };
        if (Object.keys(changes).length > 0) await client.account.update(changes);
      }}
      onClose={onClose}
    >
      {(problems) => <UserFields initial={user} problems={problems} />}
    </FormDialog>
  );
}

export function PasswordDialog({ user, onClose }: { user: User; onClose(): void }) {
  const client = useClient();
  return (
    <FormDialog
      title="Change password"
      action="Change password"
      fields={['currentPassword', 'newPassword']}
      validate={required({
        currentPassword: 'Enter your current password.',
        newPassword: 'Choose a new password.',
      })}
      submit={async ({ currentPassword = '', newPassword = '' }) => {
        await client.account.changePassword(currentPassword, newPassword);
        notify('Your password was changed.');
      }}
      onClose={onClose}
    >
      {({ currentPassword, newPassword }) => (
        <>
          <p>Your other devices are logged out, this one stays.</p>
          <HiddenUsername user={user} />
          <PasswordField name="currentPassword" label="Current password" problem={currentPassword} />
          <PasswordField name="newPassword" label="New password" isNew problem={newPassword} />
        </>
      )}
    </FormDialog>
  );
}

export function DeleteAccountDialog({ user, onClose }: { user: User; onClose(): void }) {
  const client = useClient();
  return (
    <FormDialog
      title="Delete your account?"
      action="Delete account"
      tone="danger"
      fields={['currentPassword']}
      validate={required({ currentPassword: 'Enter your password to confirm.' })}
      submit={async ({ currentPassword = '' }) => {
        await client.account.delete(currentPassword);
        notify('Your account was deleted.');
      }}
      onClose={onClose}
    >
      {({ currentPassword }) => (
        <>
          <p>
            Your account, your chats and all their messages will be gone, on every device. This can’t be
            undone.
          </p>
          <HiddenUsername user={user} />
          <PasswordField name="currentPassword" label="Password" problem={currentPassword} />
        </>
      )}
    </FormDialog>
  );
}

export interface LogOutDialogProps {
  everywhere: boolean;
  onClose(): void;
}

/** Asks before a logout that also affects other devices or loses unsent messages. */
export function LogOutDialog({ everywhere, onClose }: LogOutDialogProps) {
  const client = useClient();
  const unsent = useOutbox().length;
  const action = everywhere ? 'Log out everywhere' : 'Log out';
  return (
    <ConfirmDialog
      title={`${action}?`}
      action={action}
      onClose={onClose}
      onConfirm={() => (everywhere ? client.logOutEverywhere() : client.logOut())}
    >
      {everywhere && 'All your devices and browsers are logged out immediately, including this one. '}
      {unsent > 0 && `${unsent === 1 ? '1 unsent message' : `${unsent} unsent messages`} will be lost.`}
    </ConfirmDialog>
  );
}
