import { useEffect, useMemo, useState } from 'preact/hooks';
import type { User } from '../../src/domain/user';
import { ConversationPane } from '../conversation/ConversationPane';
import { PageDialogs } from '../dialogs/LazyDialog';
import { EmptyState, Icon } from '../parts/graphics';
import { useClient, useObservable } from '../state/hooks';
import { notify } from '../state/notices';
import { goTo, useRoute } from '../state/route';
import { SessionList } from '../state/sessionList';
import { explain } from '../text/errors';
import { PAGE_TITLE } from '../text/settings';
import { Sidebar, type StartChat } from './Sidebar';

/** The page of a logged-in user: the list of chats beside the open one. A phone shows one of the two. */
export function Chat({ user }: { user: User }) {
  const client = useClient();
  const sessions = useMemo(() => new SessionList(client), [client]);
  const startChat = useStartChat(sessions);
  const openId = useRoute();

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
  useEffect(() => {
    if (openId === null) document.title = `Your chats · ${PAGE_TITLE}`;
  }, [openId]);
  // The next user starts with the list.
  useEffect(() => () => goTo(null, { replace: true }), []);

  return (
    <div class={`chat ${openId === null ? 'chat-list' : 'chat-conversation'}`}>
      <Sidebar user={user} sessions={sessions} openId={openId} startChat={startChat} />
      <main class="pane">
        {openId === null ? (
          <NoConversation sessions={sessions} startChat={startChat} />
        ) : (
          <ConversationPane key={openId} sessionId={openId} sessions={sessions} />
        )}
      </main>
      <PageDialogs />
    </div>
  );
}

function useStartChat(sessions: SessionList): StartChat {
  const [busy, setBusy] = useState(false);
  return {
    busy,
    async start({ detail }) {
      // Ignores the second click of a double click.
      if (busy || detail > 1) return;
      setBusy(true);
      try {
        const { id } = await sessions.create();
        goTo(id);
      } catch (error) {
        notify(`The chat could not be started. ${explain(error)}`);
      } finally {
        setBusy(false);
      }
    },
  };
}

/** Fills the pane while no chat is open. */
function NoConversation({ sessions, startChat }: { sessions: SessionList; startChat: StartChat }) {
  const { sessions: all, nextCursor } = useObservable(sessions.state);
  if (nextCursor === undefined) return null;
  const isNew = all.length === 0;
  return (
    <EmptyState icon="bubble" title={isNew ? 'Start your first chat' : 'Pick up where you left off'}>
      <p>
        {isNew
          ? 'Write something, and the server answers. Open this page in a second tab or on your phone: they stay in step.'
          : 'Choose a chat from the list, or start a new one.'}
      </p>
      <button
        type="button"
        class="button button-accent"
        aria-disabled={startChat.busy}
        onClick={startChat.start}
      >
        <Icon name="plus" />
        {isNew ? 'Start a chat' : 'New chat'}
      </button>
    </EmptyState>
  );
}
