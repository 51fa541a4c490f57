import { useEffect, useMemo } from 'preact/hooks';
import type { User } from '../../src/domain/user';
import { ConversationPane } from '../conversation/ConversationPane';
import { NoConversation } from '../conversation/NoConversation';
import { useClient } from '../state/client';
import { goTo, useRoute } from '../state/route';
import { SessionList } from '../state/sessionList';
import { useStartChat } from '../state/useStartChat';
import { Sidebar } from './Sidebar';

/** What somebody sees who is logged in: the list of chats beside the chosen one. A phone shows one of the two. */
export function Chat({ user }: { user: User }) {
  const client = useClient();
  const sessions = useMemo(() => new SessionList(client), [client]);
  const startChat = useStartChat(sessions);
  const chosen = useRoute();

  useEffect(() => sessions.follow(), [sessions]);
  useEffect(() => {
    const refresh = () => {
      if (document.visibilityState === 'visible') void sessions.refresh();
    };
    document.addEventListener('visibilitychange', refresh);
    // A window beside another one is visible all the time.
    addEventListener('focus', refresh);
    return () => {
      document.removeEventListener('visibilitychange', refresh);
      removeEventListener('focus', refresh);
    };
  }, [sessions]);
  // The name and the email may have been changed on another device, and no event tells.
  useEffect(() => {
    const read = () => void client.account.read().catch(() => {});
    if (client.connection === 'online') read();
    return client.on('connection', (state) => state === 'online' && read());
  }, [client]);
  useEffect(() => {
    if (chosen === null) document.title = 'Smart Chat';
  }, [chosen]);
  // Whoever logs in next begins with the list.
  useEffect(() => () => goTo(null, { replace: true }), []);

  return (
    <div class={`chat ${chosen === null ? 'chat-list' : 'chat-conversation'}`}>
      <Sidebar user={user} sessions={sessions} chosen={chosen} startChat={startChat} />
      <main class="pane">
        {chosen === null ? (
          <NoConversation sessions={sessions} startChat={startChat} />
        ) : (
          <ConversationPane key={chosen} sessionId={chosen} sessions={sessions} />
        )}
      </main>
    </div>
  );
}
