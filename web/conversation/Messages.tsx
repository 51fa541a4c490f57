import { useMemo } from 'preact/hooks';
import { Icon } from '../parts/Icon';
import type { ConversationState } from '../state/conversation';
import { type RefusedMessage, timelineOf } from '../state/timeline';
import { useReached } from '../state/useReached';
import { useStickyScroll } from '../state/useStickyScroll';
import { Announcer } from './Announcer';
import { Beginning } from './Beginning';
import { DayLine } from './DayLine';
import { MessageRow } from './MessageRow';

export interface MessagesProps {
  state: ConversationState;
  loadOlder(): void;
  /** Sends a refused message once more. */
  onRetry(message: RefusedMessage): void;
  onDiscard(message: RefusedMessage): void;
}

/** The messages from top to bottom. Older ones are read as one scrolls up, and what one sees stays where it is. */
export function Messages({ state, loadOlder, onRetry, onDiscard }: MessagesProps) {
  const { phase, messages, pending, refused, hasOlder, problem } = state;
  const timeline = useMemo(() => timelineOf({ messages, pending, refused }), [messages, pending, refused]);
  const scroll = useStickyScroll({
    first: messages[0]?.seq,
    last: timeline.at(-1)?.key,
    sent: state.lastSent,
  });
  const start = useReached<HTMLDivElement>(hasOlder && problem === null ? loadOlder : null, messages[0]?.seq);
  const isEmpty = phase === 'ready' && timeline.length === 0;
  const awaitsAnswer = messages.at(-1)?.sender === 'user';

  return (
    <div class="messages-place">
      <section class="messages" aria-label="Messages" ref={scroll.ref} onScroll={scroll.onScroll}>
        <div ref={start} />
        <Beginning state={state} loadOlder={loadOlder} />
        {isEmpty && <NothingYet />}
        <ol class="timeline">
          {timeline.map((entry) =>
            entry.kind === 'day' ? (
              <DayLine key={entry.key} time={entry.time} />
            ) : (
              <MessageRow key={entry.key} entry={entry} onRetry={onRetry} onDiscard={onDiscard} />
            ),
          )}
        </ol>
        {awaitsAnswer && <Thinking />}
      </section>
      {scroll.unseen && (
        <button type="button" class="to-latest" onClick={scroll.toLatest}>
          <Icon name="down" />
          New messages
        </button>
      )}
      <Announcer messages={messages} />
    </div>
  );
}

function NothingYet() {
  return (
    <div class="empty">
      <span class="empty-icon">
        <Icon name="bubble" />
      </span>
      <h2>Say something</h2>
      <p>Your first words become the name of this chat. You can change it later.</p>
    </div>
  );
}

/** The last message has no answer yet: a server that thinks before it answers, or one that comes back from a crash. */
function Thinking() {
  return (
    <p class="thinking">
      <span class="visually-hidden">Waiting for the answer</span>
      <span class="dot" />
      <span class="dot" />
      <span class="dot" />
    </p>
  );
}
