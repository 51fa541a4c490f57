import { useEffect } from 'preact/hooks';
import type { User } from '../client/src';
import { Chat } from './chat/Chat';
import { Notices } from './parts/Notices';
import { useClient, useUser } from './state/client';
import { notify } from './state/notices';
import { explain } from './text/errorText';
import { Welcome } from './welcome/Welcome';

/** The page: the chat for whoever is logged in, the welcome for everybody else. */
export function App() {
  const user = useUser();
  const client = useClient();
  // Another device may have done it. What is said more precisely takes its place.
  const tellOfLogout = (now: User | null) => {
    if (!now) notify('You are logged out.');
  };
  useEffect(() => client.on('user', tellOfLogout), [client]);
  useEffect(() => client.on('error', (error) => notify(explain(error))), [client]);
  return (
    <>
      {user ? <Chat key={user.id} user={user} /> : <Welcome />}
      <Notices />
    </>
  );
}
