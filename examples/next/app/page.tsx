'use client';
import { type FormEvent, useState } from 'react';
import { useChatClient, useConnection, useMessages, useSessions, useUser } from 'smart-chat-client/react';
import { LogIn } from './LogIn';

export default function Page() {
  const user = useUser();
  const { sessions, status } = useSessions();
  const client = useChatClient();
  if (!user) return <LogIn />;
  if (status === 'loading') return <p>Loading</p>;
  const [latest] = sessions;
  if (latest) return <Conversation sessionId={latest.id} />;
  return (
    <button type="button" onClick={() => client.sessions.create().catch(() => {})}>
      Start a chat
    </button>
  );
}

function Conversation({ sessionId }: { sessionId: string }) {
  const { messages, unsent, drafts, send } = useMessages(sessionId);
  const connection = useConnection();
  const [content, setContent] = useState('');
  const [problem, setProblem] = useState('');
  function submit(event: FormEvent) {
    event.preventDefault();
    setContent('');
    send(content).catch((error: Error) => {
      setContent((typed) => typed || content); // not lost, so that it can be changed and sent again
      setProblem(error.message);
    });
  }
  return (
    <form onSubmit={submit}>
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
      <output>{connection}</output>
      <p role="alert">{problem}</p>
    </form>
  );
}
