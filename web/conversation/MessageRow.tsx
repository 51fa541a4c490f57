import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ReplyErrorCode, ReplyFinish, Sender } from '../../src/domain/message';
import { CopyButton } from '../parts/CopyButton';
import { Icon, type IconName, Logo } from '../parts/graphics';
import { memo } from '../parts/memo';
import type {
  DayEntry,
  Delivery,
  MessageEntry,
  Progress as ProgressState,
  RefusedMessage,
} from '../state/timeline';
import { clockTime, fullTime } from '../text/dates';
import { MessageEditor } from './MessageEditor';
import { MessageText, useParser } from './MessageText';

export interface MessageActions {
  /** Sends a refused message again. */
  sendAgain(message: RefusedMessage): void;
  discard(message: RefusedMessage): void;
  /** Asks for another reply to a message. */
  regenerate(messageId: string): void;
  /** Sends an edited version of a message. */
  edit(messageId: string, content: string): void;
  /** Shows the version of a message, or the reply to one, with this number. */
  showAlternative(entry: MessageEntry, position: number): void;
}

export interface MessageRowProps {
  entry: MessageEntry;
  actions: MessageActions;
}

/** `isShown`: the text is visible, not only available to screen readers. */
const DELIVERIES: Record<Delivery, { icon: IconName; text: string; isShown: boolean }> = {
  refused: { icon: 'alert', text: 'not sent', isShown: true },
  unsent: { icon: 'clock', text: 'not sent yet', isShown: true },
  sent: { icon: 'check', text: 'sent', isShown: false },
  answered: { icon: 'checks', text: 'answered', isShown: false },
};

/** What is happening to a reply that is being made, with the text that only screen readers get. */
const PROGRESS: Record<ProgressState, { text: string; isShown: boolean }> = {
  asking: { text: 'Waiting for the answer', isShown: false },
  thinking: { text: 'Thinking…', isShown: true },
  writing: { text: 'Writing', isShown: false },
  waiting: { text: 'Waiting: the model is busy or away, and will be asked again', isShown: true },
};

/** Shown below a reply that is not complete. */
const FINISHES: Record<Exclude<ReplyFinish, 'failed'>, string> = {
  stopped: 'Stopped.',
  length: 'This reply reached its length limit.',
  filtered: 'A content filter ended this reply.',
};

/** Shown below a reply that failed. */
const FAILURES: Record<ReplyErrorCode, string> = {
  RESPONDER_BUSY: 'The model is overloaded or can’t be reached.',
  RESPONDER_FAILED: 'The reply failed.',
  CONTEXT_TOO_LONG: 'Your message is too long for the model. Edit it to make it shorter.',
};

/** Shown below the reply that a message keeps when another one has failed. */
const FAILURES_AGAIN: Record<ReplyErrorCode, string> = {
  RESPONDER_BUSY: `Another answer failed. ${FAILURES.RESPONDER_BUSY}`,
  RESPONDER_FAILED: 'Another answer failed.',
  CONTEXT_TOO_LONG: `Another answer failed. ${FAILURES.CONTEXT_TOO_LONG}`,
};

export const MessageRow = memo(({ entry, actions }: MessageRowProps) => {
  const { sender, progress } = entry;
  if (sender === 'user') return <OwnMessage entry={entry} actions={actions} />;
  return (
    <li class={`message message-server ${progress ? 'draft' : ''}`}>
      <span class="message-from">
        <Logo />
      </span>
      <Bubble entry={entry} actions={actions} />
    </li>
  );
});

function OwnMessage({ entry, actions }: MessageRowProps) {
  const { messageId, sender, content, delivery, refusal } = entry;
  const [isEditing, setEditing] = useState(false);
  const editButton = useRef<HTMLButtonElement>(null);
  const wasEditing = useRef(false);
  useLayoutEffect(() => {
    // The focused editor is gone.
    if (wasEditing.current && !isEditing && document.activeElement === document.body)
      editButton.current?.focus();
    wasEditing.current = isEditing;
  }, [isEditing]);

  if (isEditing) {
    return (
      <li class="message message-own">
        <MessageEditor
          text={content}
          onSave={(text) => {
            actions.edit(messageId, text);
            setEditing(false);
          }}
          onCancel={() => setEditing(false)}
        />
      </li>
    );
  }
  const isStored = delivery === 'sent' || delivery === 'answered';
  return (
    <li class="message message-own">
      <span class="hover-buttons">
        {isStored && (
          <button
            ref={editButton}
            type="button"
            class="small-button"
            aria-label="Edit message"
            title="Edit message"
            onClick={() => setEditing(true)}
          >
            <Icon name="pencil" />
          </button>
        )}
        <CopyButtons sender={sender} content={content} />
      </span>
      <Bubble entry={entry} actions={actions} />
      <Alternatives entry={entry} actions={actions} />
      {refusal && (
        <p class="refusal" role="alert">
          {refusal.reason}{' '}
          <button type="button" class="link-button" onClick={() => actions.sendAgain(refusal)}>
            Send again
          </button>{' '}
          <button type="button" class="link-button" onClick={() => actions.discard(refusal)}>
            Discard
          </button>
        </p>
      )}
    </li>
  );
}

function Bubble({ entry, actions }: MessageRowProps) {
  const { messageId, sender, content, time, delivery, progress, count, offer } = entry;
  const side = sender === 'user' ? 'own' : 'server';
  return (
    <div class={`bubble bubble-${side} ${delivery ? `bubble-${delivery}` : ''}`}>
      <span class="visually-hidden">{sender === 'user' ? 'You: ' : 'Server: '}</span>
      {content !== '' && <MessageText sender={sender} text={content} isComplete={progress === null} />}
      {progress && <Progress state={progress} />}
      <Ending entry={entry} actions={actions} />
      {(time !== null || count > 1) && (
        <span class="bubble-meta">
          {sender === 'server' && <Alternatives entry={entry} actions={actions} />}
          {time !== null && (
            <time dateTime={time} title={fullTime(time)}>
              {clockTime(time)}
            </time>
          )}
          {delivery && <DeliveryState delivery={delivery} />}
          {offer === 'regenerate' && (
            <button
              type="button"
              class="small-button"
              aria-label="Regenerate the answer"
              title="Regenerate the answer"
              onClick={() => actions.regenerate(messageId)}
            >
              <Icon name="again" />
            </button>
          )}
          {sender === 'server' && time !== null && content !== '' && (
            <span class="hover-buttons">
              <CopyButtons sender={sender} content={content} />
            </span>
          )}
        </span>
      )}
    </div>
  );
}

/** Moves between the versions of a message, or the replies to it. The buttons keep the focus at the first and the last one. */
function Alternatives({ entry, actions }: MessageRowProps) {
  const { sender, position, count } = entry;
  if (count < 2) return null;
  const name = sender === 'user' ? 'version' : 'answer';
  const button = (label: string, icon: IconName, target: number) => (
    <button
      type="button"
      class="small-button"
      aria-label={`${label} ${name}`}
      title={`${label} ${name}`}
      aria-disabled={target < 1 || target > count}
      onClick={() => target >= 1 && target <= count && actions.showAlternative(entry, target)}
    >
      <Icon name={icon} />
    </button>
  );
  return (
    <span class={`alternatives alternatives-${sender}`}>
      {button('Previous', 'previous', position - 1)}
      <span role="status">
        <span class="visually-hidden">
          {name} {position} of {count}
        </span>
        <span aria-hidden="true">
          {position} / {count}
        </span>
      </span>
      {button('Next', 'next', position + 1)}
    </span>
  );
}

/** Why a reply is not complete, or why there is no other one, and how to get one. */
function Ending({ entry, actions }: MessageRowProps) {
  const { messageId, finish, error, failedAgain, offer } = entry;
  if (finish === null && failedAgain === null) return null;
  const isFailure = finish === 'failed' || failedAgain !== null;
  return (
    <p class={`bubble-note ${isFailure ? 'bubble-failure' : ''}`}>
      {isFailure && <Icon name="alert" />}
      <span>
        <span>{failedAgain ? FAILURES_AGAIN[failedAgain] : endingOf(finish, error)}</span>{' '}
        {offer === 'tryAgain' && (
          <button type="button" class="link-button" onClick={() => actions.regenerate(messageId)}>
            Try again
          </button>
        )}
      </span>
    </p>
  );
}

function endingOf(finish: ReplyFinish | null, error: ReplyErrorCode | null): string {
  if (finish === null) return '';
  return finish === 'failed' ? FAILURES[error ?? 'RESPONDER_FAILED'] : FINISHES[finish];
}

/** Screen readers get the reply when it is complete: a live region says that it is being written. */
function Progress({ state }: { state: ProgressState }) {
  const { text, isShown } = PROGRESS[state];
  return (
    <p class="thinking">
      <span class="dot" />
      <span class="dot" />
      <span class="dot" />
      <span class={isShown ? '' : 'visually-hidden'}>{text}</span>
    </p>
  );
}

function CopyButtons({ sender, content }: { sender: Sender; content: string }) {
  const parser = useParser(sender, content);
  const hasMarkdown = parser !== null && sender === 'server';
  const text = () => {
    if (parser === null) return content;
    try {
      return parser.textOf(parser.parseReply(content, true).blocks);
    } catch {
      return content;
    }
  };
  if (!hasMarkdown) return <CopyButton label="Copy message" caption={null} text={() => content} />;
  return (
    <>
      <CopyButton label="Copy as text" caption="Text" text={text} />
      <CopyButton label="Copy as Markdown" caption="Markdown" text={() => content} />
    </>
  );
}

function DeliveryState({ delivery }: { delivery: Delivery }) {
  const { icon, text, isShown } = DELIVERIES[delivery];
  return (
    <span class="delivery" title={text}>
      <Icon name={icon} />
      <span class={isShown ? '' : 'visually-hidden'}>{text}</span>
    </span>
  );
}

/** The heading of a day, above its first message. */
export function DayLine({ entry: { time, name } }: { entry: DayEntry }) {
  return (
    <li class="day-line">
      <time dateTime={time}>{name}</time>
    </li>
  );
}
