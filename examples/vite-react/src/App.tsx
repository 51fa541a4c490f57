import { type FormEvent, useState } from 'react';
import { useChatClient, useConnection, useMessages, useSessions, useUser } from 'smart-chat-client/react';
import { LogIn } from './LogIn';

export function App() {
  return useUser() ? <Sessions /> : <LogIn />;
}

function Sessions() {
  const client = useChatClient();
  const { sessions, hasMore, loadMore } = useSessions();
  const [selected, setSelected] = useState<string>();
  // The first message creates a session on the server.
  const [newId, setNewId] = useState(() => crypto.randomUUID());
  const sessionId = selected ?? newId;
  return (
    <main>
      <nav>
        <button
          type="button"
          onClick={() => {
            setNewId(crypto.randomUUID());
            setSelected(undefined);
          }}
        >
          New chat
        </button>
        {sessions.map(({ id, name }) => (
          <button key={id} type="button" onClick={() => setSelected(id)}>
            {name ?? 'New chat'}
          </button>
        ))}
        {hasMore && (
          <button type="button" onClick={() => void loadMore()}>
            More
          </button>
        )}
        <button type="button" onClick={() => client.logOut().catch(() => {})}>
          Log out
        </button>
      </nav>
      <Conversation key={sessionId} sessionId={sessionId} />
    </main>
  );
}

function Conversation({ sessionId }: { sessionId: string }) {
  const { messages, unsent, drafts, hasEarlier, loadEarlier, send, stop } = useMessages(sessionId);
  const connection = useConnection();
  const [content, setContent] = useState('');
  const [problem, setProblem] = useState('');
  const report = (error: Error) => setProblem(error.message);
  function submit(event: FormEvent) {
    event.preventDefault();
    setContent('');
    send(content).catch((error: Error) => {
      setContent((typed) => typed || content); // not lost, so that it can be changed and sent again
      report(error);
    });
  }
  return (
    <form onSubmit={submit}>
      {hasEarlier && (
        <button type="button" onClick={() => loadEarlier().catch(report)}>
          Earlier messages
        </button>
      )}
      <ol>
        {messages.map(({ seq, sender, content }) => (
          <li key={seq}>{`${sender}: ${content}`}</li>
        ))}
        {unsent.map(({ clientMessageId, content }) => (
          <li key={clientMessageId}>{`sending: ${content}`}</li>
        ))}
        {drafts.map(({ replyTo, text }) => (
          <li key={replyTo}>{`writing: ${text}`}</li>
        ))}
      </ol>
      <input
        value={content}
        onChange={({ target }) => setContent(target.value)}
        placeholder="Message"
        required
      />
      <button type="submit">Send</button>
      {drafts.length > 0 && (
        <button type="button" onClick={() => stop().catch(report)}>
          Stop
        </button>
      )}
      <output>{connection}</output>
      <p role="alert">{problem}</p>
    </form>
  );
}
