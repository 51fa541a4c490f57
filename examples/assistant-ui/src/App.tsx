import {
  AssistantRuntimeProvider,
  ComposerPrimitive,
  MessagePrimitive,
  ThreadPrimitive,
} from '@assistant-ui/react';
import { useChatClient, useConnection, useSessions, useUser } from 'smart-chat-client/react';
import { LogIn } from './LogIn';
import { useSmartChatRuntime } from './useSmartChatRuntime';

export function App() {
  const client = useChatClient();
  const user = useUser();
  const { sessions, status } = useSessions();
  if (!user) return <LogIn />;
  const [latest] = sessions;
  if (latest) return <Chat key={latest.id} sessionId={latest.id} />;
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

function Chat({ sessionId }: { sessionId: string }) {
  const runtime = useSmartChatRuntime(sessionId);
  return (
    <AssistantRuntimeProvider runtime={runtime}>
      <ThreadPrimitive.Root>
        <ThreadPrimitive.Viewport>
          <ol>
            <ThreadPrimitive.Messages components={{ UserMessage, AssistantMessage }} />
          </ol>
        </ThreadPrimitive.Viewport>
        <ComposerPrimitive.Root>
          <ComposerPrimitive.Input placeholder="Message" />
          <ComposerPrimitive.Send>Send</ComposerPrimitive.Send>
          <ComposerPrimitive.Cancel>Stop</ComposerPrimitive.Cancel>
        </ComposerPrimitive.Root>
      </ThreadPrimitive.Root>
      <output>{useConnection()}</output>
    </AssistantRuntimeProvider>
  );
}

function UserMessage() {
  return (
    <li>
      user: <MessagePrimitive.Content />
    </li>
  );
}

function AssistantMessage() {
  return (
    <li>
      assistant: <MessagePrimitive.Content />
    </li>
  );
}
