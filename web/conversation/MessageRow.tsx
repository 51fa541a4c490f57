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
import { MessageText, useParser } from './MessageText';

export interface MessageActions {
  /** Sends a refused message again. */
  sendAgain(message: RefusedMessage): void;
  discard(message: RefusedMessage): void;
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
  RESPONDER_BUSY: 'The model is overloaded or can’t be reached. Send your message again in a while.',
  RESPONDER_FAILED: 'The reply failed. Send your message again to get another one.',
  CONTEXT_TOO_LONG: 'Your message is too long for the model. Send a shorter one.',
};

export const MessageRow = memo(({ entry, actions }: MessageRowProps) => {
  const { sender, content, time, delivery, refusal, progress } = entry;
  const side = sender === 'user' ? 'own' : 'server';
  return (
    <li class={`message message-${side} ${progress ? 'draft' : ''}`}>
      {sender === 'server' && (
        <span class="message-from">
          <Logo />
        </span>
      )}
      {sender === 'user' && time !== null && <CopyButtons sender={sender} content={content} />}
      <div class={`bubble bubble-${side} ${delivery ? `bubble-${delivery}` : ''}`}>
        <span class="visually-hidden">{sender === 'user' ? 'You: ' : 'Server: '}</span>
        {content !== '' && <MessageText sender={sender} text={content} isComplete={progress === null} />}
        {progress && <Progress state={progress} />}
        <Ending entry={entry} />
        {time !== null && (
          <span class="bubble-meta">
            <time dateTime={time} title={fullTime(time)}>
              {clockTime(time)}
            </time>
            {delivery && <DeliveryState delivery={delivery} />}
            {sender === 'server' && content !== '' && <CopyButtons sender={sender} content={content} />}
          </span>
        )}
      </div>
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
});

/** Why a reply is not complete. */
function Ending({ entry: { finish, error } }: { entry: MessageEntry }) {
  if (finish === null) return null;
  if (finish !== 'failed') return <p class="bubble-note">{FINISHES[finish]}</p>;
  return (
    <p class="bubble-note bubble-failure">
      <Icon name="alert" />
      {FAILURES[error ?? 'RESPONDER_FAILED']}
    </p>
  );
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
  return (
    <span class="copy-buttons">
      {hasMarkdown ? (
        <>
          <CopyButton label="Copy as text" caption="Text" text={text} />
          <CopyButton label="Copy as Markdown" caption="Markdown" text={() => content} />
        </>
      ) : (
        <CopyButton label="Copy message" caption={null} text={() => content} />
      )}
    </span>
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
