import { useEffect } from 'preact/hooks';
import { Logo } from '../parts/Logo';
import { AuthCard } from './AuthCard';
import { Pitch } from './Pitch';

/** What somebody sees who isn't logged in: what this is, and the way in. */
export function Welcome() {
  useEffect(() => {
    document.title = 'Smart Chat';
  }, []);
  return (
    <div class="welcome">
      <header class="welcome-brand">
        <Logo />
        <span>Smart Chat</span>
      </header>
      <main class="welcome-main">
        <Pitch />
        <AuthCard />
      </main>
      <footer class="welcome-footer">
        <p>This page comes from your own Smart Chat Server, and talks to nobody else.</p>
        <p>
          Building a client? <a href="/docs">Every route and event is described here.</a>
        </p>
      </footer>
    </div>
  );
}
