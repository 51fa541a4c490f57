import { useState } from 'preact/hooks';
import type { User } from '../../src/domain/user';
import { DeleteAccountDialog } from '../dialogs/DeleteAccountDialog';
import { DevicesDialog } from '../dialogs/DevicesDialog';
import { LogOutDialog } from '../dialogs/LogOutDialog';
import { PasswordDialog } from '../dialogs/PasswordDialog';
import { ProfileDialog } from '../dialogs/ProfileDialog';
import { Avatar } from '../parts/Avatar';
import { Icon } from '../parts/Icon';
import { Menu } from '../parts/Menu';
import { MenuItem } from '../parts/MenuItem';
import { useClient } from '../state/client';
import { notify } from '../state/notices';
import { explain } from '../text/errorText';

type Choice = 'profile' | 'password' | 'devices' | 'log-out' | 'log-out-everywhere' | 'delete';

/** Who is logged in, what can be changed of that, their devices, and the ways out. */
export function AccountMenu({ user }: { user: User }) {
  const client = useClient();
  const [dialog, setDialog] = useState<Choice | null>(null);
  const end = () => setDialog(null);

  const logOut = () => {
    // What waits to be sent would be lost without a word.
    if (client.outbox.length > 0) return setDialog('log-out');
    client.logOut().catch((error: unknown) => {
      notify(`You are logged out here, but the server could not be told. ${explain(error)}`);
    });
  };

  return (
    <footer class="account">
      <Menu
        label={`Account of ${user.username}`}
        opens="above"
        button={
          <>
            <Avatar id={user.id} name={user.username} />
            <span class="account-text">
              <span class="account-name">{user.username}</span>
              <span class="account-email">{user.email}</span>
            </span>
            <Icon name="more" />
          </>
        }
      >
        <MenuItem icon="person" label="Name and email" onChoose={() => setDialog('profile')} />
        <MenuItem icon="key" label="Change password" onChoose={() => setDialog('password')} />
        <MenuItem icon="devices" label="Devices" onChoose={() => setDialog('devices')} />
        <MenuItem icon="door" label="Log out" onChoose={logOut} />
        <MenuItem
          icon="doors"
          label="Log out everywhere"
          isDangerous
          onChoose={() => setDialog('log-out-everywhere')}
        />
        <MenuItem icon="trash" label="Delete account" isDangerous onChoose={() => setDialog('delete')} />
      </Menu>
      {dialog === 'profile' && <ProfileDialog user={user} onClose={end} />}
      {dialog === 'password' && <PasswordDialog onClose={end} />}
      {dialog === 'devices' && <DevicesDialog onClose={end} />}
      {dialog === 'log-out' && <LogOutDialog everywhere={false} onClose={end} />}
      {dialog === 'log-out-everywhere' && <LogOutDialog everywhere onClose={end} />}
      {dialog === 'delete' && <DeleteAccountDialog onClose={end} />}
    </footer>
  );
}
