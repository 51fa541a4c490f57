import { useEffect } from 'preact/hooks';
import type { User } from '../client/src';
import { Chat } from './chat/Chat';
import { PageDialogs } from './dialogs/LazyDialog';
import { useClient, useObservable, useUser } from './state/hooks';
import { notice, notify } from './state/notices';
import { explain } from './text/errors';
import { Welcome } from './Welcome';

/** The whole page: the chat for a logged-in user, the welcome page for everybody else. */
export function App() {
  const user = useUser();
  const client = useClient();
  // The logout may come from another device. A more specific notice replaces this one.
  const reportLogout = (current: User | null) => {
    if (!current) notify('You are logged out.');
  };
  useEffect(() => client.on('user', reportLogout), [client]);
  useEffect(() => client.on('error', (error) => notify(explain(error))), [client]);
  return (
    <>
      {user ? <Chat key={user.id} user={user} /> : <Welcome />}
      {user && <PageDialogs />}
      <Notices />
    </>
  );
}

/** A live region, so that screen readers announce notices. */
function Notices() {
  const current = useObservable(notice);
  return (
    <div class="notices" role="status">
      {current && (
        <p class="notice" key={current.id}>
          {current.text}
        </p>
      )}
    </div>
  );
}
