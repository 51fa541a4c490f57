import type { User } from '../../src/domain/user';
import { HiddenUsername, PasswordField, required, UserFields } from '../parts/forms';
import { useClient, useOutbox } from '../state/hooks';
import { notify } from '../state/notices';
import { ConfirmDialog, FormDialog } from './Dialog';

/** Turns the account of a guest into a full one. */
export function SignUpDialog({ onClose }: { onClose(): void }) {
  const client = useClient();
  return (
    <FormDialog
      title="Sign up"
      action="Create account"
      fields={['username', 'email', 'password']}
      validate={required({
        username: 'Choose a username.',
        email: 'Enter your email.',
        password: 'Choose a password.',
      })}
      submit={async ({ username = '', email = '', password = '' }) => {
        await client.signUp({ username: username.trim(), email: email.trim(), password });
        notify('You have an account now. Your chats are still here.');
      }}
      onClose={onClose}
    >
      {(problems) => (
        <>
          <p>You keep your chats, and can log in on other devices.</p>
          <UserFields problems={problems} />
          <PasswordField name="password" label="Password" isNew problem={problems.password} />
        </>
      )}
    </FormDialog>
  );
}

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
  const hasPassword = user.email !== null;
  return (
    <FormDialog
      title="Delete your account?"
      action="Delete account"
      tone="danger"
      fields={['currentPassword']}
      validate={required(hasPassword ? { currentPassword: 'Enter your password to confirm.' } : {})}
      submit={async ({ currentPassword = '' }) => {
        await client.account.delete(hasPassword ? currentPassword : undefined);
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
          {hasPassword && (
            <>
              <HiddenUsername user={user} />
              <PasswordField name="currentPassword" label="Password" problem={currentPassword} />
            </>
          )}
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
  const isGuest = client.user?.email === null;
  const action = everywhere ? 'Log out everywhere' : 'Log out';
  return (
    <ConfirmDialog
      title={`${action}?`}
      action={action}
      onClose={onClose}
      onConfirm={() => (everywhere ? client.logOutEverywhere() : client.logOut())}
    >
      {everywhere && 'All your devices and browsers are logged out immediately, including this one. '}
      {isGuest && 'A guest can’t log in again: your chats will be lost, unless you sign up first. '}
      {unsent > 0 && `${unsent === 1 ? '1 unsent message' : `${unsent} unsent messages`} will be lost.`}
    </ConfirmDialog>
  );
}
