import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Draft, Message } from '../../src/domain/message';
import { EmptyState, Icon } from '../parts/graphics';
import { memo } from '../parts/memo';
import { useLoadOnScroll, useStickyScroll } from '../parts/scrolling';
import { type ConversationState, runningDraft } from '../state/conversation';
import { placeOf, Timeline, type TimelineGroup } from '../state/timeline';
import { DayLine, type MessageActions, MessageRow } from './MessageRow';

export interface MessagesProps {
  state: ConversationState;
  actions: MessageActions & {
    loadOlder(): void;
    loadNewer(): void;
    showLatest(): void;
    showNewestBranch(): void;
  };
  /** Called when the view reaches or leaves the end of the messages. */
  onAtEnd(isAtEnd: boolean): void;
}

/** While the latest messages are not loaded, those that are loaded are not announced. */
const NONE: readonly Message[] = [];

/** The messages, oldest first. Scrolling up loads older ones without moving the visible ones. */
export function Messages({ state, actions, onAtEnd }: MessagesProps) {
  const { phase, messages, drafts, pending, refused, tip, shownReplies } = state;
  const { hasOlder, hasNewer, target, problem } = state;
  const timeline = useMemo(() => new Timeline(), []);
  const groups = useMemo(
    () => timeline.update({ messages, pending, refused, drafts, tip, shownReplies, hasNewer }),
    [timeline, messages, pending, refused, drafts, tip, shownReplies, hasNewer],
  );
  const lastEntry = groups.at(-1)?.entries.at(-1);
  const scroll = useStickyScroll<HTMLElement, HTMLDivElement>({
    last:
      lastEntry?.kind === 'message' && lastEntry.progress
        ? `${lastEntry.key} ${lastEntry.content.length}`
        : lastEntry?.key,
    sent: state.lastSent,
    isComplete: !hasNewer,
    target,
    placeOfTarget: () => target && placeOf(groups, target.timestamp),
  });
  useEffect(() => onAtEnd(!scroll.isAway), [scroll.isAway]);
  const canLoadOlder = hasOlder && problem === null;
  const start = useLoadOnScroll<HTMLDivElement>(canLoadOlder ? actions.loadOlder : null, messages[0]?.seq);
  const end = useLoadOnScroll<HTMLDivElement>(hasNewer ? actions.loadNewer : null, messages.at(-1)?.seq);
  const isEmpty = phase === 'ready' && !hasOlder && groups.length === 0;

  return (
    <div class="messages-place">
      <section class="messages" aria-label="Messages" ref={scroll.ref} onScroll={scroll.onScroll}>
        <div ref={start} />
        <div class="beginning">{beginningOf(state, actions.loadOlder)}</div>
        {isEmpty && (
          <EmptyState icon="bubble" title="Say something">
            <p>Your first words become the name of this chat. You can change it later.</p>
          </EmptyState>
        )}
        <div class="timeline" ref={scroll.contentRef}>
          {groups.map((group) => (
            <Group key={group.key} group={group} actions={actions} />
          ))}
        </div>
        {hasNewer && (
          <div class="beginning">
            <span class="spinner" role="img" aria-label="Loading newer messages" />
          </div>
        )}
        <div ref={end} />
        <BranchNote tip={tip} onLeave={actions.showNewestBranch} />
      </section>
      {scroll.isAway && (
        <button
          type="button"
          class="to-latest"
          aria-label={scroll.hasNews ? undefined : 'To the end'}
          onClick={() => {
            if (hasNewer) actions.showLatest();
            scroll.scrollToEnd();
          }}
        >
          <Icon name="down" />
          {scroll.hasNews && 'New messages'}
        </button>
      )}
      <Announcer messages={hasNewer ? NONE : messages} draft={runningDraft(drafts)} />
    </div>
  );
}

/** Says that newer messages are on another branch. */
function BranchNote({ tip, onLeave }: { tip: string | null; onLeave(): void }) {
  if (tip === null) return null;
  return (
    <p class="branch-note">
      This is an earlier version. Your next message continues the latest one.{' '}
      <button type="button" class="link-button" onClick={onLeave}>
        Show the latest
      </button>
    </p>
  );
}

/** Browsers lay out and draw only the groups that are close to the visible area. */
const Group = memo(({ group, actions }: { group: TimelineGroup; actions: MessageActions }) => (
  <ol class="timeline-group">
    {group.entries.map((entry) =>
      entry.kind === 'day' ? (
        <DayLine key={entry.key} entry={entry} />
      ) : (
        <MessageRow key={entry.key} entry={entry} actions={actions} />
      ),
    )}
  </ol>
));

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

/**
 * A live region for screen readers: it says that a reply is being written, and that it is there. The text itself is read in the list, at
 * the reader's own pace. Older messages that are loaded later are not announced.
 */
function Announcer({ messages, draft }: { messages: readonly Message[]; draft: Draft | null }) {
  const lastSeq = useRef<number | null>(null);
  const [announced, setAnnounced] = useState({ key: '', text: '' });
  const latest = messages.at(-1);

  useEffect(() => {
    if (!latest) return;
    const previous = lastSeq.current;
    lastSeq.current = latest.seq;
    if (previous === null || latest.seq <= previous) return;
    const reply = messages.findLast(({ seq, sender }) => seq > previous && sender === 'server');
    if (reply) setAnnounced({ key: reply.messageId, text: endingOf(reply) });
  }, [latest?.seq]);

  const writing = draft && draft.text !== '' ? `${draft.replyTo} ${draft.attempt}` : null;
  useEffect(() => {
    if (writing !== null) setAnnounced({ key: writing, text: 'The server is writing.' });
  }, [writing]);

  return (
    <div class="visually-hidden" aria-live="polite">
      {/* A new node each time: replacing a text by the same text is not announced. */}
      <p key={announced.key}>{announced.text}</p>
    </div>
  );
}

function endingOf({ finish }: Message): string {
  if (finish === 'stopped') return 'The answer was stopped.';
  return finish === 'failed' ? 'The answer failed.' : 'The server has answered.';
}
