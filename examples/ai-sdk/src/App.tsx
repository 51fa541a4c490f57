import { useChat } from '@ai-sdk/react';
import type { UIMessage } from 'ai';
import { type FormEvent, useEffect, useState } from 'react';
import { useChatClient, useConnection, useSessions, useUser } from 'smart-chat-client/react';
import { LogIn } from './LogIn';
import { SmartChatTransport } from './smartChatTransport';

export function App() {
  const client = useChatClient();
  const user = useUser();
  const { sessions, status } = useSessions();
  if (!user) return <LogIn />;
  const [latest] = sessions;
  if (latest) return <LoadedChat key={latest.id} sessionId={latest.id} />;
  return (
    <button
      type="button"
      disabled={status === 'loading'}
      onClick={() => client.sessions.create().catch(() => {})}
    >
      Start a chat
    </button>
  );
}

/** `useChat` wants the earlier messages at its start. */
function LoadedChat({ sessionId }: { sessionId: string }) {
  const client = useChatClient();
  const [transport] = useState(() => new SmartChatTransport(client));
  const [messages, setMessages] = useState<UIMessage[]>();
  useEffect(() => {
    transport.load(sessionId).then(setMessages, () => {});
  }, [transport, sessionId]);
  return messages ? <Chat sessionId={sessionId} earlier={messages} transport={transport} /> : <p>Loading</p>;
}

interface ChatProps {
  sessionId: string;
  earlier: UIMessage[];
  transport: SmartChatTransport;
}

function Chat({ sessionId, earlier, transport }: ChatProps) {
  const { messages, status, error, sendMessage, regenerate, stop } = useChat({
    id: sessionId,
    messages: earlier,
    transport,
    resume: true,
    generateId: () => crypto.randomUUID(),
  });
  const connection = useConnection();
  const [content, setContent] = useState('');
  function submit(event: FormEvent) {
    event.preventDefault();
    setContent('');
    void sendMessage({ text: content });
  }
  return (
    <form onSubmit={submit}>
      <ol>
        {messages.map(({ id, role, parts }) => (
          <li
            key={id}
          >{`${role}: ${parts.map((part) => (part.type === 'text' ? part.text : '')).join('')}`}</li>
        ))}
      </ol>
      <input
        value={content}
        onChange={({ target }) => setContent(target.value)}
        placeholder="Message"
        required
      />
      <button type="submit" disabled={status === 'submitted' || status === 'streaming'}>
        Send
      </button>
      <button type="button" onClick={() => void regenerate()}>
        Regenerate
      </button>
      <button type="button" onClick={() => void stop()}>
        Stop
      </button>
      <output>{`${connection}, ${status}`}</output>
      <p role="alert">{error?.message}</p>
    </form>
  );
}
