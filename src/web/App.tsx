import { Chat } from './chat/Chat';
import { Notices } from './parts/Notices';
import { useUser } from './state/client';
import { Welcome } from './welcome/Welcome';

/** The page: the chat for whoever is logged in, the welcome for everybody else. */
export function App() {
  const user = useUser();
  return (
    <>
      {user ? <Chat key={user.id} user={user} /> : <Welcome />}
      <Notices />
    </>
  );
}
