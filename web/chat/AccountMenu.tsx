import { useState } from 'preact/hooks';
import type { User } from '../../src/domain/user';
import { LazyDialog } from '../dialogs/LazyDialog';
import { save } from '../dialogs/SessionMenu';
import { Avatar, Icon } from '../parts/graphics';
import { Menu, MenuItem } from '../parts/Menu';
import { useClient } from '../state/hooks';
import { notify } from '../state/notices';
import { pageDialog } from '../state/shortcuts';
import { explain } from '../text/errors';
import { IS_SIGN_UP_OPEN } from '../text/settings';

type DialogName =
  | 'sign-up'
  | 'profile'
  | 'password'
  | 'devices'
  | 'log-out'
  | 'log-out-everywhere'
  | 'delete';

/** The logged-in user, with a menu to change the account, manage devices and log out. */
export function AccountMenu({ user }: { user: User }) {
  const client = useClient();
  const [dialog, setDialog] = useState<DialogName | null>(null);
  const close = () => setDialog(null);
  const isGuest = user.email === null;

  const logOut = () => {
    // A logout discards unsent messages.
    if (client.outbox.length > 0 || isGuest) return setDialog('log-out');
    client.logOut().catch((error: unknown) => {
      notify(`You are logged out on this device, but the server did not confirm it. ${explain(error)}`);
    });
  };

  return (
    <>
      <div class="account">
        <Menu
          label="Account of"
          opens="above"
          button={
            <>
              <Avatar id={user.id} name={user.username} />
              <span class="account-text">
                <span class="account-name">{user.username}</span>
                <span class="account-email">{user.email ?? 'Guest'}</span>
              </span>
              <Icon name="more" />
            </>
          }
        >
          {isGuest ? (
            IS_SIGN_UP_OPEN && (
              <MenuItem icon="person" label="Sign up" onChoose={() => setDialog('sign-up')} />
            )
          ) : (
            <>
              <MenuItem icon="person" label="Name and email" onChoose={() => setDialog('profile')} />
              <MenuItem icon="key" label="Change password" onChoose={() => setDialog('password')} />
            </>
          )}
          <MenuItem icon="devices" label="Devices" onChoose={() => setDialog('devices')} />
          <MenuItem icon="sliders" label="Settings" onChoose={() => pageDialog.set('settings')} />
          <MenuItem
            icon="download"
            label="Export all data"
            onChoose={() => void save(() => client.account.export())}
          />
          <MenuItem icon="door" label="Log out" onChoose={logOut} />
          <MenuItem
            icon="doors"
            label="Log out everywhere"
            isDangerous
            onChoose={() => setDialog('log-out-everywhere')}
          />
          <MenuItem icon="trash" label="Delete account" isDangerous onChoose={() => setDialog('delete')} />
        </Menu>
      </div>
      {dialog && (
        <LazyDialog onClose={close}>
          {({
            SignUpDialog,
            ProfileDialog,
            PasswordDialog,
            DevicesDialog,
            LogOutDialog,
            DeleteAccountDialog,
          }) => (
            <>
              {dialog === 'sign-up' && <SignUpDialog onClose={close} />}
              {dialog === 'profile' && <ProfileDialog user={user} onClose={close} />}
              {dialog === 'password' && <PasswordDialog user={user} onClose={close} />}
              {dialog === 'devices' && <DevicesDialog onClose={close} />}
              {dialog === 'log-out' && <LogOutDialog everywhere={false} onClose={close} />}
              {dialog === 'log-out-everywhere' && <LogOutDialog everywhere onClose={close} />}
              {dialog === 'delete' && <DeleteAccountDialog user={user} onClose={close} />}
            </>
          )}
        </LazyDialog>
      )}
    </>
  );
}
