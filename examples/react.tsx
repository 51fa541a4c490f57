/** A minimal chat in React: a hook for the messages, one for the connection, and a component. */
import { type FormEvent, useEffect, useState } from 'react';
import type { ChatClient, ConnectionState, Message, OutgoingMessage } from 'smart-chat-client';

/** The messages of a session, and those that are not sent yet. */
export function useMessages(client: ChatClient, sessionId: string) {
  const [messages, setMessages] = useState<readonly Message[]>([]);
  const [outbox, setOutbox] = useState<readonly OutgoingMessage[]>(client.outbox);
  useEffect(() => client.on('outbox', setOutbox), [client]);
  useEffect(() => {
    setMessages([]);
    const subscription = client.subscribe(sessionId, {
      after: 0,
      onMessage: (message) => setMessages((earlier) => [...earlier, message]),
    });
    return () => subscription.close();
  }, [client, sessionId]);
  return { messages, unsent: outbox.filter((message) => message.sessionId === sessionId) };
}

export function useConnection(client: ChatClient): ConnectionState {
  const [connection, setConnection] = useState(client.connection);
  useEffect(() => client.on('connection', setConnection), [client]);
  return connection;
}

export function Chat({ client, sessionId }: { client: ChatClient; sessionId: string }) {
  const { messages, unsent } = useMessages(client, sessionId);
  const connection = useConnection(client);
  const [content, setContent] = useState('');
  const [problem, setProblem] = useState('');
  function send(event: FormEvent) {
    event.preventDefault();
    setContent('');
    client.send(sessionId, content).catch((error: Error) => setProblem(error.message));
  }
  return (
    <form onSubmit={send}>
      <ol>
        {messages.map(({ seq, sender, content }) => (
          <li key={seq}>{`${sender}: ${content}`}</li>
        ))}
        {unsent.map(({ clientMessageId, content }) => (
          <li key={clientMessageId}>{`sending: ${content}`}</li>
        ))}
      </ol>
      <input
        value={content}
        onChange={({ target }) => setContent(target.value)}
        aria-label="Message"
        required
      />
      <button type="submit">Send</button>
      <output>{connection}</output>
      <p role="alert">{problem}</p>
    </form>
  );
}
