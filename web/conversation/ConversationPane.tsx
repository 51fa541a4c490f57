import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { EmptyState } from '../parts/graphics';
import { memo } from '../parts/memo';
import { Conversation, runningDraft } from '../state/conversation';
import { useClient, useObservable } from '../state/hooks';
import { notify } from '../state/notices';
import { useVisible } from '../state/readMarks';
import { goTo, readRoute } from '../state/route';
import { nameOf, type SessionList } from '../state/sessionList';
import type { MessageEntry, RefusedMessage } from '../state/timeline';
import { Composer } from './Composer';
import { ConnectionBanner, ConversationHeader } from './ConversationHeader';
import { Messages } from './Messages';
import { hasKeyboard } from './messageInput';

export interface ConversationPaneProps {
  sessionId: string;
  sessions: SessionList;
  /** Called with the first message of a session that is not on the server yet; null for one that is. */
  onStart: ((content: string) => void) | null;
}

/** Changes of the list of chats don't render the messages again: that would take a reader who begins to scroll back to the end. */
const SteadyMessages = memo(Messages);

/** The open chat: its header, its messages and the composer. */
export function ConversationPane({ sessionId, sessions, onStart }: ConversationPaneProps) {
  const client = useClient();
  const conversation = useMemo(
    () =>
      new Conversation(client, sessionId, (message) => sessions.applyMessage(message), {
        isNew: onStart !== null || !sessions.isStored(sessionId),
      }),
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
  const name = session || state.isNew ? nameOf(session ?? { name: null }) : 'Chat';

  useEffect(() => {
    conversation.open();
    return () => conversation.close();
  }, [conversation]);

  const [isAtEnd, setAtEnd] = useState(true);
  const isVisible = useVisible();
  const lastSeq = state.messages.at(-1)?.seq ?? 0;
  useEffect(() => {
    if (isVisible && isAtEnd) sessions.markRead(sessionId, lastSeq);
  }, [isVisible, isAtEnd, lastSeq, session?.readSeq]);

  // A session that was never listed is older than the loaded pages. One that was listed has been deleted.
  const wasListed = useRef(false);
  if (session) wasListed.current = true;
  const isUnlisted = state.phase === 'ready' && !state.isNew && session === null && !wasListed.current;
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
        session={state.isNew ? null : session}
        name={name}
        sessions={sessions}
        onFound={(result) => conversation.show(result)}
      />
      <ConnectionBanner />
      {state.phase === 'failed' ? (
        <LoadingFailed problem={state.problem} onRetry={() => void conversation.load()} />
      ) : (
        <SteadyMessages state={state} actions={actions} onAtEnd={setAtEnd} />
      )}
      <Composer
        sessionId={sessionId}
        input={composer}
        onSend={(content) => {
          onStart?.(content);
          void conversation.send(content);
        }}
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
