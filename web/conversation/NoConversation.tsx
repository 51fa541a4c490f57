import { Icon } from '../parts/Icon';
import { useObservable } from '../state/observable';
import type { SessionList } from '../state/sessionList';
import type { StartChat } from '../state/useStartChat';

export interface NoConversationProps {
  sessions: SessionList;
  startChat: StartChat;
}

/** Stands where a conversation will be, and says how to get there. */
export function NoConversation({ sessions, startChat }: NoConversationProps) {
  const { sessions: all, nextCursor } = useObservable(sessions.state);
  if (nextCursor === undefined) return null;
  const isNew = all.length === 0;
  return (
    <section class="empty">
      <span class="empty-icon">
        <Icon name="bubble" />
      </span>
      <h2>{isNew ? 'Start your first chat' : 'Pick up where you left off'}</h2>
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
    </section>
  );
}
