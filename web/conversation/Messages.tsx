import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Draft, Message } from '../../src/domain/message';
import { EmptyState, Icon, Logo } from '../parts/graphics';
import { useLoadOnScroll, useStickyScroll } from '../parts/scrolling';
import type { ConversationState } from '../state/conversation';
import { createTimeline, type RefusedMessage } from '../state/timeline';
import { DayLine, MessageRow } from './MessageRow';

export interface MessagesProps {
  state: ConversationState;
  loadOlder(): void;
  /** Sends a refused message again. */
  onRetry(message: RefusedMessage): void;
  onDiscard(message: RefusedMessage): void;
  onStop(): void;
}

/** The messages, oldest first. Scrolling up loads older ones without moving the visible ones. */
export function Messages({ state, loadOlder, onRetry, onDiscard, onStop }: MessagesProps) {
  const { phase, messages, draft, pending, refused, hasOlder, problem } = state;
  const timeline = useMemo(
    () => createTimeline({ messages, pending, refused }),
    [messages, pending, refused],
  );
  const scroll = useStickyScroll({
    first: messages[0]?.seq,
    last: draft ? `${draft.attempt} ${draft.text.length}` : timeline.at(-1)?.key,
    sent: state.lastSent,
  });
  const canLoadOlder = hasOlder && problem === null;
  const start = useLoadOnScroll<HTMLDivElement>(canLoadOlder ? loadOlder : null, messages[0]?.seq);
  const isEmpty = phase === 'ready' && timeline.length === 0;
  const awaitsReply = messages.at(-1)?.sender === 'user';

  return (
    <div class="messages-place">
      <section class="messages" aria-label="Messages" ref={scroll.ref} onScroll={scroll.onScroll}>
        <div ref={start} />
        <div class="beginning">{beginningOf(state, loadOlder)}</div>
        {isEmpty && (
          <EmptyState icon="bubble" title="Say something">
            <p>Your first words become the name of this chat. You can change it later.</p>
          </EmptyState>
        )}
        <ol class="timeline">
          {timeline.map((entry) =>
            entry.kind === 'day' ? (
              <DayLine key={entry.key} time={entry.time} />
            ) : (
              <MessageRow key={entry.key} entry={entry} onRetry={onRetry} onDiscard={onDiscard} />
            ),
          )}
        </ol>
        {draft ? <DraftRow draft={draft} onStop={onStop} /> : awaitsReply && <TypingIndicator />}
      </section>
      {scroll.unseen && (
        <button type="button" class="to-latest" onClick={scroll.scrollToEnd}>
          <Icon name="down" />
          New messages
        </button>
      )}
      <Announcer messages={messages} />
    </div>
  );
}

/** What stands above the oldest loaded message. */
function beginningOf({ phase, hasOlder, messages, problem }: ConversationState, loadOlder: () => void) {
  if (phase === 'loading') return <span class="spinner" role="img" aria-label="Loading messages" />;
  if (!hasOlder) return messages.length > 0 ? 'This is where the chat begins' : null;
  if (problem === null) return <span class="spinner" role="img" aria-label="Loading earlier messages" />;
  return (
    <button type="button" class="button button-small" onClick={loadOlder}>
      Load earlier messages
    </button>
  );
}

/** Shown until the last message has its reply: the responder takes a while, or the server restarts after a crash. */
function TypingIndicator() {
  return (
    <p class="thinking">
      <span class="visually-hidden">Waiting for the answer</span>
      <span class="dot" />
      <span class="dot" />
      <span class="dot" />
    </p>
  );
}

/** A reply that is being made. Screen readers get it when it is complete. */
function DraftRow({ draft, onStop }: { draft: Draft; onStop(): void }) {
  return (
    <>
      {draft.text === '' ? (
        <TypingIndicator />
      ) : (
        <div class="message message-server draft">
          <span class="message-from">
            <Logo />
          </span>
          <div class="bubble bubble-server">
            <span class="bubble-text">{draft.text}</span>
          </div>
        </div>
      )}
      <p class="draft-actions">
        <button type="button" class="link-button" onClick={onStop}>
          Stop
        </button>
      </p>
    </>
  );
}

/** A live region with new replies for screen readers. Older messages that are loaded later are not announced. */
function Announcer({ messages }: { messages: readonly Message[] }) {
  const lastSeq = useRef<number | null>(null);
  const [announced, setAnnounced] = useState({ seq: 0, text: '' });
  const latest = messages.at(-1);

  useEffect(() => {
    if (!latest) return;
    const previous = lastSeq.current;
    lastSeq.current = latest.seq;
    if (previous === null || latest.seq <= previous) return;
    const replies = messages.filter(({ seq, sender }) => seq > previous && sender === 'server');
    const text = replies.map(({ content }) => `Answer: ${content}`).join('\n');
    if (replies.length > 0) setAnnounced({ seq: latest.seq, text });
  }, [latest?.seq]);

  return (
    <div class="visually-hidden" aria-live="polite">
      {/* A new node each time: replacing a text by the same text is not announced. */}
      <p key={announced.seq}>{announced.text}</p>
    </div>
  );
}
