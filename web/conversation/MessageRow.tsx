import type { ReplyFinish } from '../../src/domain/message';
import { Icon, type IconName, Logo } from '../parts/graphics';
import type { Delivery, RefusedMessage, TimelineEntry } from '../state/timeline';
import { clockTime, dayName, fullTime } from '../text/dates';

export interface MessageRowProps {
  entry: Extract<TimelineEntry, { kind: 'message' }>;
  onRetry(message: RefusedMessage): void;
  onDiscard(message: RefusedMessage): void;
}

/** `isShown`: the text is visible, not only available to screen readers. */
const DELIVERIES: Record<Delivery, { icon: IconName; text: string; isShown: boolean }> = {
  refused: { icon: 'alert', text: 'not sent', isShown: true },
  unsent: { icon: 'clock', text: 'not sent yet', isShown: true },
  sent: { icon: 'check', text: 'sent', isShown: false },
  answered: { icon: 'checks', text: 'answered', isShown: false },
};

/** Shown below a reply that is not complete. */
const FINISHES: Record<ReplyFinish, string> = {
  stopped: 'Stopped.',
  length: 'This reply reached its length limit.',
  filtered: 'A content filter ended this reply.',
  failed: 'The reply failed. Send your message again to get another one.',
};

export function MessageRow({ entry, onRetry, onDiscard }: MessageRowProps) {
  const { sender, content, time, delivery, finish, refusal } = entry;
  const side = sender === 'user' ? 'own' : 'server';
  return (
    <li class={`message message-${side}`}>
      {sender === 'server' && (
        <span class="message-from">
          <Logo />
        </span>
      )}
      <div class={`bubble bubble-${side} ${delivery ? `bubble-${delivery}` : ''}`}>
        <span class="visually-hidden">{sender === 'user' ? 'You: ' : 'Server: '}</span>
        <span class="bubble-text">{content}</span>
        {finish && <span class="bubble-note">{FINISHES[finish]}</span>}
        <span class="bubble-meta">
          <time dateTime={time} title={fullTime(time)}>
            {clockTime(time)}
          </time>
          {delivery && <DeliveryState delivery={delivery} />}
        </span>
      </div>
      {refusal && (
        <p class="refusal" role="alert">
          {refusal.reason}{' '}
          <button type="button" class="link-button" onClick={() => onRetry(refusal)}>
            Send again
          </button>{' '}
          <button type="button" class="link-button" onClick={() => onDiscard(refusal)}>
            Discard
          </button>
        </p>
      )}
    </li>
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
export function DayLine({ time }: { time: string }) {
  return (
    <li class="day-line">
      <time dateTime={time}>{dayName(time)}</time>
    </li>
  );
}
