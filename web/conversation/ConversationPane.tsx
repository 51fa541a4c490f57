import { useEffect, useMemo, useRef } from 'preact/hooks';
import { EmptyState } from '../parts/graphics';
import { Conversation, runningDraft } from '../state/conversation';
import { useClient, useObservable } from '../state/hooks';
import { notify } from '../state/notices';
import { goTo, readRoute } from '../state/route';
import { nameOf, type SessionList } from '../state/sessionList';
import type { MessageEntry, RefusedMessage } from '../state/timeline';
import { PAGE_TITLE } from '../text/settings';
import { Composer } from './Composer';
import { ConnectionBanner, ConversationHeader } from './ConversationHeader';
import { Messages } from './Messages';
import { hasKeyboard } from './messageInput';

export interface ConversationPaneProps {
  sessionId: string;
  sessions: SessionList;
}

/** The open chat: its header, its messages and the composer. */
export function ConversationPane({ sessionId, sessions }: ConversationPaneProps) {
  const client = useClient();
  const conversation = useMemo(
    () => new Conversation(client, sessionId, (message) => sessions.applyMessage(message)),
    [client, sessions, sessionId],
  );
  const composer = useRef<HTMLTextAreaElement>(null);
  // The button that was pressed is gone.
  const focusComposer = () => {
    if (hasKeyboard()) composer.current?.focus();
  };
  const actions = useMemo(
    () => ({
      loadOlder: () => void conversation.loadOlder(),
      loadNewer: () => void conversation.loadNewer(),
      showLatest: () => void conversation.showLatest(),
      sendAgain(message: RefusedMessage) {
        conversation.discard(message.clientMessageId);
        void conversation.send(message.content, message.replaces);
      },
      discard: (message: RefusedMessage) => conversation.discard(message.clientMessageId),
      regenerate(messageId: string) {
        focusComposer();
        void conversation.regenerate(messageId);
      },
      edit(messageId: string, content: string) {
        focusComposer();
        void conversation.send(content, messageId);
      },
      showAlternative: (entry: MessageEntry, position: number) =>
        conversation.showAlternative(entry, position),
      showNewestBranch() {
        focusComposer();
        conversation.showNewestBranch();
      },
    }),
    [conversation],
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
    document.title = `${name} · ${PAGE_TITLE}`;
  }, [name]);

  // A session that was never listed is older than the loaded pages. One that was listed has been deleted.
  const wasListed = useRef(false);
  if (session) wasListed.current = true;
  const isUnlisted = state.phase === 'ready' && session === null && !wasListed.current;
  useEffect(() => {
    if (!isUnlisted) return;
    sessions.open(sessionId).catch(() => void sessions.refresh());
  }, [isUnlisted]);

  useEffect(() => {
    if (state.phase !== 'deleted') return;
    sessions.remove(sessionId);
    // After deleting it on this page, the user has already left it.
    if (readRoute() === sessionId) {
      notify(
        wasListed.current ? 'This chat was deleted.' : 'This chat does not exist. It may have been deleted.',
      );
      goTo(null, { replace: true });
    }
  }, [state.phase]);

  return (
    <section class="conversation" aria-label={name}>
      <ConversationHeader
        session={session}
        name={name}
        sessions={sessions}
        onFound={(result) => conversation.show(result)}
      />
      <ConnectionBanner />
      {state.phase === 'failed' ? (
        <LoadingFailed problem={state.problem} onRetry={() => void conversation.load()} />
      ) : (
        <Messages state={state} actions={actions} />
      )}
      <Composer
        sessionId={sessionId}
        input={composer}
        onSend={(content) => void conversation.send(content)}
        onStop={runningDraft(state.drafts) && (() => void conversation.stopReply())}
      />
    </section>
  );
}

function LoadingFailed({ problem, onRetry }: { problem: string | null; onRetry(): void }) {
  return (
    <EmptyState icon="alert" title="The messages could not be loaded" role="alert">
      <p>{problem}</p>
      <button type="button" class="button" onClick={onRetry}>
        Try again
      </button>
    </EmptyState>
  );
}
