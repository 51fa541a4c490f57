import { useEffect, useMemo, useRef } from 'preact/hooks';
import { ConnectionBanner } from '../chat/ConnectionBanner';
import { useClient } from '../state/client';
import { Conversation } from '../state/conversation';
import { notify } from '../state/notices';
import { useObservable } from '../state/observable';
import { goTo } from '../state/route';
import type { SessionList } from '../state/sessionList';
import { nameOf } from '../state/sessionOrder';
import { Composer } from './Composer';
import { ConversationHeader } from './ConversationHeader';
import { LoadingFailed } from './LoadingFailed';
import { Messages } from './Messages';

export interface ConversationPaneProps {
  sessionId: string;
  sessions: SessionList;
}

/** One chat: its name, its messages, and the place to write. */
export function ConversationPane({ sessionId, sessions }: ConversationPaneProps) {
  const client = useClient();
  const conversation = useMemo(
    () => new Conversation(client, sessionId, (message) => sessions.heard(message)),
    [client, sessions, sessionId],
  );
  const state = useObservable(conversation.state);
  const list = useObservable(sessions.state);
  const session = list.sessions.find(({ id }) => id === sessionId) ?? null;
  const name = session ? nameOf(session) : 'Chat';

  useEffect(() => {
    conversation.open();
    return () => conversation.close();
  }, [conversation]);

  useEffect(() => {
    document.title = `${name} · Smart Chat`;
  }, [name]);

  // It may be too old for the pages of the list that are here; one that was in them has been deleted.
  const wasListed = useRef(false);
  if (session) wasListed.current = true;
  const isUnlisted = state.phase === 'ready' && session === null && !wasListed.current;
  useEffect(() => {
    if (!isUnlisted) return;
    client.sessions.get(sessionId).then(
      (found) => sessions.put(found),
      () => void sessions.refresh(),
    );
  }, [isUnlisted]);

  useEffect(() => {
    if (state.phase !== 'gone') return;
    sessions.forget(sessionId);
    // Whoever has deleted it here is elsewhere already.
    if (location.hash.endsWith(sessionId)) {
      notify(
        wasListed.current
          ? 'This chat is not there any more: it was deleted.'
          : 'There is no such chat. It may have been deleted.',
      );
      goTo(null, { replace: true });
    }
  }, [state.phase]);

  return (
    <section class="conversation" aria-label={name}>
      <ConversationHeader session={session} name={name} sessions={sessions} />
      <ConnectionBanner />
      {state.phase === 'failed' ? (
        <LoadingFailed problem={state.problem} onRetry={() => void conversation.load()} />
      ) : (
        <Messages
          state={state}
          loadOlder={() => void conversation.loadOlder()}
          onRetry={(message) => {
            conversation.discard(message.clientMessageId);
            void conversation.send(message.content);
          }}
          onDiscard={(message) => conversation.discard(message.clientMessageId)}
        />
      )}
      <Composer sessionId={sessionId} onSend={(content) => void conversation.send(content)} />
    </section>
  );
}
