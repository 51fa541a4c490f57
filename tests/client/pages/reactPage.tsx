/** A page with the React hooks, for tests. The URL names the server, the account, the session and an optional id of a message to send at the start. */
import { StrictMode, Suspense, use, useEffect, useState } from 'react';
import { createRoot, hydrateRoot } from 'react-dom/client';
import { createChatClient } from '../../../client/src';
import {
  ChatProvider,
  type Messages,
  useChatClient,
  useConnection,
  useMessages,
  useSessions,
  useUser,
} from '../../../client/src/react';

const {
  url = '',
  email = '',
  password = '',
  id = '',
  first,
  hydrate,
} = Object.fromEntries(new URLSearchParams(location.search));
const client = createChatClient({
  url,
  socketOptions: { reconnectionDelay: 20, reconnectionDelayMax: 100 },
});
Object.assign(window, { client });

const later = new Promise<string>((resolve) => setTimeout(resolve, 50, 'ready'));

function Conversation({ sessionId }: { sessionId: string }) {
  const chat = useMessages(sessionId);
  // Suspends the first time, so that React discards what this component has done so far.
  const suspended = use(later);
  useEffect(() => {
    if (first) void chat.send('from an effect', { clientMessageId: first });
  }, [chat.send]);
  return (
    <section>
      <output id="status">{`${chat.status} ${chat.error?.code ?? suspended}`}</output>
      <ol>
        {chat.messages.map(({ seq, sender, content }) => (
          <li key={seq}>{`${sender}: ${content}`}</li>
        ))}
        {chat.unsent.map(({ clientMessageId, content }) => (
          <li key={clientMessageId}>{`unsent: ${content}`}</li>
        ))}
        {chat.drafts.map(({ replyTo, text }) => (
          <li key={replyTo}>{`draft: ${text}`}</li>
        ))}
      </ol>
      <Buttons chat={chat} />
    </section>
  );
}

function Buttons({ chat }: { chat: Messages }) {
  const [content, setContent] = useState('');
  const last = chat.messages.findLast(({ sender }) => sender === 'user')?.messageId ?? '';
  const buttons: Record<string, () => Promise<unknown>> = {
    Send: () => chat.send(content),
    Edit: () => chat.edit(last, content),
    Regenerate: () => chat.regenerate(last),
    Stop: () => chat.stop(),
    Earlier: () => Promise.all([chat.loadEarlier(), chat.loadEarlier()]),
  };
  return (
    <>
      <input value={content} onChange={({ target }) => setContent(target.value)} />
      {chat.hasEarlier && <p>has more</p>}
      {Object.entries(buttons).map(([name, run]) => (
        <button key={name} type="button" onClick={() => void run()}>
          {name}
        </button>
      ))}
    </>
  );
}

function App() {
  const [sessionId, setSessionId] = useState(id);
  const [isShown, setShown] = useState(true);
  const { sessions: calls } = useChatClient();
  const { sessions, status, hasMore, loadMore } = useSessions();
  return (
    <main>
      <h1>{`${useUser()?.username ?? 'nobody'} ${useConnection()}`}</h1>
      <button type="button" onClick={() => setShown(!isShown)}>
        Toggle
      </button>
      <button
        type="button"
        onClick={() => void calls.create({ name: 'new' }).then((made) => setSessionId(made.id))}
      >
        New
      </button>
      <h2>{`${sessions.length} sessions, ${status}`}</h2>
      <ul>
        {sessions.slice(0, 3).map((session) => (
          <li key={session.id}>
            <button type="button" onClick={() => setSessionId(session.id)}>
              {session.name ?? 'unnamed'}
            </button>
          </li>
        ))}
      </ul>
      {hasMore && (
        <button type="button" onClick={() => void loadMore()}>
          More
        </button>
      )}
      {isShown && (
        <Suspense fallback="waiting">
          <Conversation sessionId={sessionId} />
        </Suspense>
      )}
    </main>
  );
}

/** What a server can render: without what suspends. */
function Greeting() {
  return <h1>{`${useUser()?.username ?? 'nobody'} ${useConnection()} ${useSessions().status}`}</h1>;
}

async function start() {
  if (password !== '' && client.user === null) await client.logIn({ email, password });
  const root = document.getElementById('root') ?? document.body;
  if (hydrate) {
    hydrateRoot(
      root,
      <ChatProvider client={client}>
        <Greeting />
      </ChatProvider>,
    );
    return;
  }
  createRoot(root).render(
    <StrictMode>
      <ChatProvider client={client}>
        <App />
      </ChatProvider>
    </StrictMode>,
  );
}

void start();
