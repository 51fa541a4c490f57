import { useEffect, useState } from 'preact/hooks';
import type { User } from '../client/src';
import { EmptyState } from './parts/graphics';
import { useClient, useObservable, useUser } from './state/hooks';
import { LazyProgram } from './state/lazyProgram';
import { notice, notify } from './state/notices';
import { explain } from './text/errors';
import { Welcome } from './Welcome';

const chat = new LazyProgram(() => import('./chat/Chat'));

/** While visitors look at the form, so that the chat is there when they have logged in. */
setTimeout(() => chat.load().catch(() => {}), 0);

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
      {user ? <LoadedChat key={user.id} user={user} /> : <Welcome />}
      <Notices />
    </>
  );
}

function LoadedChat({ user }: { user: User }) {
  const [hasFailed, setFailed] = useState(false);
  const program = chat.use(() => setFailed(true));
  if (program) return <program.Chat user={user} />;
  if (!hasFailed) return null;
  return (
    <main class="not-found">
      <EmptyState icon="alert" title="The chat could not be loaded" role="alert">
        <p>Check your connection, then reload the page.</p>
        <button type="button" class="button" onClick={() => location.reload()}>
          Reload
        </button>
      </EmptyState>
    </main>
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
