import type { User } from '../../domain/user';
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
        await client.account.update({ username: username.trim(), email: email.trim() });
      }}
      onClose={onClose}
    >
      {(problems) => <UserFields initial={user} problems={problems} />}
    </FormDialog>
  );
}
