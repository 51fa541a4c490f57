import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { MAX_CONTENT_BYTES } from '../../src/domain/limits';
import { isBlank } from '../../src/domain/text';
import { Icon } from '../parts/graphics';
import { useClient, useObservable } from '../state/hooks';
import { preferences } from '../state/preferences';
import { Draft } from '../state/tabStorage';
import { commandKey } from '../text/labels';

/** The key code of key presses that an input method handles. */
const COMPOSING_KEY_CODE = 229;
/** The remaining space is shown when fewer bytes than this are left. */
const SHOW_REMAINING_BYTES = MAX_CONTENT_BYTES / 5;
/** A text with more UTF-16 units fills the input up to its maximum height. Measuring it would lay it out twice per key. */
const MAX_MEASURED_LENGTH = 4_000;

export interface ComposerProps {
  sessionId: string;
  onSend(content: string): void;
  /** Stops the reply that is being made; null if there is none. */
  onStop: (() => void) | null;
}

interface Check {
  canSend: boolean;
  isTooLong: boolean;
  /** About the remaining space; null while plenty is left. */
  hint: string | null;
}

/**
 * The message input. Enter sends and Shift + Enter begins a new line, unless the user prefers otherwise. The draft survives a reload.
 *
 * The text is left to the input, and each key costs the same however long the text is: people paste whole files.
 */
export function Composer({ sessionId, onSend, onStop }: ComposerProps) {
  const userId = useClient().user?.id ?? '';
  const input = useRef<HTMLTextAreaElement>(null);
  const draft = useMemo(() => new Draft(userId, sessionId), [userId, sessionId]);
  const [initial] = useState(() => draft.read());
  const [{ canSend, isTooLong, hint }, setCheck] = useState<Check>(() => check(initial));
  const { enter } = useObservable(preferences);
  const id = useId();

  useEffect(() => {
    // On a touch screen, the focus would open a keyboard over half of the chat.
    if (matchMedia('(pointer: fine)').matches) input.current?.focus();
  }, []);

  useLayoutEffect(() => {
    if (input.current) fitHeight(input.current);
  }, []);

  useEffect(() => {
    const store = () => draft.store();
    addEventListener('pagehide', store);
    return () => {
      removeEventListener('pagehide', store);
      store();
    };
  }, [draft]);

  const onChange = (element: HTMLTextAreaElement) => {
    fitHeight(element);
    setCheck(check(element.value));
    draft.change(() => element.value);
  };

  const send = () => {
    const element = input.current;
    if (!element || !check(element.value).canSend) return;
    onSend(element.value);
    element.value = '';
    onChange(element);
    draft.store();
    element.focus();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    // With an input method, as for Japanese, Enter confirms a character. Safari indicates it only by the key code.
    if (event.key !== 'Enter' || event.isComposing || event.keyCode === COMPOSING_KEY_CODE) return;
    const isCommand = event.ctrlKey || event.metaKey;
    if (event.shiftKey || (enter === 'line' && !isCommand)) return;
    event.preventDefault();
    send();
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div class="composer-box">
        <textarea
          ref={input}
          rows={1}
          dir="auto"
          aria-label="Message"
          aria-keyshortcuts="Escape"
          aria-describedby={id}
          aria-invalid={isTooLong}
          placeholder="Message"
          defaultValue={initial}
          onInput={(event) => onChange(event.currentTarget)}
          onKeyDown={onKeyDown}
        />
        {onStop && <StopButton onStop={onStop} onGone={() => input.current?.focus()} />}
        <button type="submit" class="send-button" aria-label="Send" disabled={!canSend}>
          <Icon name="send" />
        </button>
      </div>
      <p class={`composer-hint ${isTooLong ? 'composer-over' : ''}`} id={id}>
        {hint ?? keysHint(enter)}
      </p>
    </form>
  );
}

function keysHint(enter: 'send' | 'line'): string {
  return enter === 'send'
    ? 'Enter sends, Shift + Enter begins a new line'
    : `${commandKey()} + Enter sends, Enter begins a new line`;
}

interface StopButtonProps {
  onStop(): void;
  /** Called when the button is gone and had the focus. */
  onGone(): void;
}

function StopButton({ onStop, onGone }: StopButtonProps) {
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const element = button.current;
    return () => {
      if (document.activeElement === element) onGone();
    };
  }, []);
  return (
    <button ref={button} type="button" class="stop-button" aria-label="Stop the reply" onClick={onStop}>
      <Icon name="stop" />
      Stop
    </button>
  );
}

function fitHeight(element: HTMLTextAreaElement): void {
  if (element.textLength > MAX_MEASURED_LENGTH) {
    element.style.height = '100vh';
    return;
  }
  element.style.height = 'auto';
  element.style.height = `${element.scrollHeight}px`;
}

/** Compares the text with the server's rules. The size of a text that is surely too long is estimated from its beginning. */
function check(content: string): Check {
  const beginning = content.slice(0, MAX_CONTENT_BYTES);
  const measured = new TextEncoder().encode(beginning).length;
  const isMeasured = beginning.length === content.length;
  const bytesPerUnit = measured / Math.max(1, beginning.length);
  const remaining = MAX_CONTENT_BYTES - (isMeasured ? measured : content.length * bytesPerUnit);
  const hint = `about ${characters(Math.abs(remaining) / bytesPerUnit)}`;
  if (remaining < 0) {
    return {
      canSend: false,
      isTooLong: true,
      hint: `Too long by ${hint}. Shorten it, or send it in parts.`,
    };
  }
  return {
    canSend: !isBlank(content),
    isTooLong: false,
    hint: remaining < SHOW_REMAINING_BYTES ? `Room for ${hint} more` : null,
  };
}

function characters(count: number): string {
  const rounded = Math.ceil(count);
  return rounded === 1 ? '1 character' : `${rounded.toLocaleString('en')} characters`;
}
