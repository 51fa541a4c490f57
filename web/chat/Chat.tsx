import { useEffect, useMemo, useState } from 'preact/hooks';
import type { User } from '../../src/domain/user';
import { ConversationPane } from '../conversation/ConversationPane';
import { PageDialogs } from '../dialogs/LazyDialog';
import { EmptyState, Icon } from '../parts/graphics';
import { useClient, useObservable } from '../state/hooks';
import { goTo, NEW_CHAT, readRoute, useRoute } from '../state/route';
import { countUnread, nameOf, SessionList } from '../state/sessionList';
import { forgetNewChat, newChatId } from '../state/tabStorage';
import { PAGE_TITLE } from '../text/settings';
import { Sidebar } from './Sidebar';

/** The page of a logged-in user: the list of chats beside the open one. A phone shows one of the two. */
export function Chat({ user }: { user: User }) {
  const client = useClient();
  const sessions = useMemo(() => new SessionList(client), [client]);
  const route = useRoute();
  // The new chat keeps its id, and so its composer, when its first message makes it one with an address.
  const openId = useMemo(() => (route === NEW_CHAT ? newChatId(user.id) : route), [route, user.id]);
  const [newChats, setNewChats] = useState(0);

  useEffect(() => sessions.follow(), [sessions]);
  useEffect(() => {
    const refresh = () => {
      if (document.visibilityState === 'visible') void sessions.refresh();
    };
    document.addEventListener('visibilitychange', refresh);
    // The visibility doesn't change if the window is beside another one.
    addEventListener('focus', refresh);
    return () => {
      document.removeEventListener('visibilitychange', refresh);
      removeEventListener('focus', refresh);
    };
  }, [sessions]);
  // There is no event for a username or email changed on another device.
  useEffect(() => {
    const read = () => void client.account.read().catch(() => {});
    if (client.connection === 'online') read();
    return client.on('connection', (state) => state === 'online' && read());
  }, [client]);
  // The next user starts with the list.
  useEffect(() => () => goTo(null, { replace: true }), []);

  /** Opens a new chat. If one is open, its composer gets the focus. */
  const startChat = () => {
    if (readRoute() === NEW_CHAT) setNewChats(newChats + 1);
    else goTo(NEW_CHAT);
  };
  const onStart = (sessionId: string, content: string) => {
    sessions.start(sessionId, content);
    forgetNewChat(user.id);
    goTo(sessionId, { replace: true });
  };

  return (
    <div class={`chat ${openId === null ? 'chat-list' : 'chat-conversation'}`}>
      <Title sessions={sessions} openId={openId} />
      <Sidebar user={user} sessions={sessions} openId={openId} startChat={startChat} />
      <main class="pane">
        {openId === null ? (
          <NoConversation sessions={sessions} startChat={startChat} />
        ) : (
          <ConversationPane
            key={`${openId} ${newChats}`}
            sessionId={openId}
            sessions={sessions}
            onStart={route === NEW_CHAT ? (content) => onStart(openId, content) : null}
          />
        )}
      </main>
      <PageDialogs />
    </div>
  );
}

/** The title of the tab: the number of unread chats, or else what is open. */
function Title({ sessions, openId }: { sessions: SessionList; openId: string | null }) {
  const { sessions: all, hasMoreUnread } = useObservable(sessions.state);
  const unread = countUnread(all);
  const open = all.find(({ id }) => id === openId);
  const title = `${open ? nameOf(open) : openId === null ? 'Your chats' : 'Chat'} · ${PAGE_TITLE}`;
  const shown = unread > 0 ? `(${unread}${hasMoreUnread ? '+' : ''}) ${PAGE_TITLE}` : title;
  useEffect(() => {
    document.title = shown;
  }, [shown]);
  return null;
}

interface NoConversationProps {
  sessions: SessionList;
  startChat(): void;
}

/** Fills the pane while no chat is open. */
function NoConversation({ sessions, startChat }: NoConversationProps) {
  const { sessions: all, nextCursor } = useObservable(sessions.state);
  if (nextCursor === undefined) return null;
  const isFirst = all.length === 0;
  return (
    <EmptyState icon="bubble" title={isFirst ? 'Start your first chat' : 'Pick up where you left off'}>
      <p>
        {isFirst
          ? 'Write something, and the server answers. Open this page in a second tab or on your phone: they stay in step.'
          : 'Choose a chat from the list, or start a new one.'}
      </p>
      <button type="button" class="button button-accent" onClick={startChat}>
        <Icon name="plus" />
        {isFirst ? 'Start a chat' : 'New chat'}
      </button>
    </EmptyState>
  );
}
