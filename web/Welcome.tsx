import { useEffect } from 'preact/hooks';
import { AuthCard } from './AuthCard';
import { Icon, type IconName, Logo } from './parts/graphics';
import { PAGE_TITLE } from './text/settings';

const PROMISES: readonly { icon: IconName; title: string; text: string }[] = [
  {
    icon: 'checks',
    title: 'Nothing lost, nothing twice',
    text: 'Lose the network, close the lid, reload: what you wrote waits, and is sent once.',
  },
  {
    icon: 'devices',
    title: 'Every tab, every device',
    text: 'All of them show the same messages in the same order, and catch up after sleep.',
  },
  {
    icon: 'door',
    title: 'Logged out is logged out',
    text: 'End one device or all of them; they are out at once.',
  },
];

/** The page for visitors who are not logged in: an introduction, and the forms to sign up and log in. */
export function Welcome() {
  useEffect(() => {
    document.title = PAGE_TITLE;
  }, []);
  return (
    <div class="welcome">
      <header class="welcome-brand">
        <Logo />
        <span>{PAGE_TITLE}</span>
      </header>
      <main class="welcome-main">
        <Introduction />
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

function Introduction() {
  return (
    <section class="pitch">
      <h1>A chat that keeps its&nbsp;word.</h1>
      <p class="pitch-lead">
        Start a conversation and the server answers. Out of the box it repeats what you say; whoever runs it
        can plug in something smarter.
      </p>
      <SampleConversation />
      <ul class="promises">
        {PROMISES.map(({ icon, title, text }) => (
          <li key={title}>
            <span class="promise-icon">
              <Icon name={icon} />
            </span>
            <div>
              <h2>{title}</h2>
              <p>{text}</p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** One message in each state: answered, received, unsent. */
function SampleConversation() {
  return (
    <div class="specimen" aria-hidden="true">
      <p class="bubble bubble-own">
        See you at eight?
        <span class="bubble-meta">
          19:02 <Icon name="checks" />
          <em>answered</em>
        </span>
      </p>
      <p class="bubble bubble-server">
        See you at eight? <span class="bubble-meta">19:02</span>
      </p>
      <p class="bubble bubble-own bubble-unsent">
        In the tunnel now
        <span class="bubble-meta">
          19:40 <Icon name="clock" />
          <em>waiting for the network</em>
        </span>
      </p>
    </div>
  );
}
