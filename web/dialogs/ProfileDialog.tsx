import type { User } from '../../src/domain/user';
import { UserFields } from '../parts/UserFields';
import { useClient } from '../state/client';
import { FormDialog } from './FormDialog';

/** Changes what the account is called, and what it logs in with. */
export function ProfileDialog({ user, onClose }: { user: User; onClose(): void }) {
  const client = useClient();
  return (
    <FormDialog
      title="Name and email"
      action="Save"
      fields={['username', 'email']}
      send={async ({ username = '', email = '' }) => {
        // Only what is changed here: the other one may have been changed on another device.
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
